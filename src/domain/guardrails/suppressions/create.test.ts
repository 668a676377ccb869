import { sql } from "kysely";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createListEntry, getListEntry } from "../lists/index.ts";
import { MAX_LIST_ENTRIES } from "../lists/limits.ts";
import { createSuppression, importSuppressions, listSuppressions } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const block = (entry: string) => ({ direction: "send", listType: "block", entry });
const all = { size: 100, after: null, ascending: true };

it("is made once, in one form however it is written, and counts once in an import that has it twice", async () => {
  const pod = await t.seed.pod();
  const at = { pod };
  const made = await t.run(t.rootToken, createSuppression, at, { address: "Ada@M\u00fcller.test" });
  expect(made).toMatchObject({
    podId: pod,
    address: "ada@xn--mller-kva.test",
    cause: "manual",
    reason: null,
  });
  const again = { address: "ada@xn--mller-kva.test", reason: "other" };
  expect(await t.run(t.rootToken, createSuppression, at, again)).toEqual(made);
  const suppressions = ["b@x.test", "B@x.test", "ada@m\u00fcller.test"].map((address) => ({ address }));
  expect(await t.run(t.rootToken, importSuppressions, at, { suppressions })).toEqual({ added: 1, known: 1 });
  const { items } = await t.run(t.rootToken, listSuppressions, at, all);
  expect(items).toMatchObject([made, { address: "b@x.test" }]);
});

it("is of an address, and of no pattern of addresses, which would match none", async () => {
  const at = { pod: await t.seed.pod() };
  const refused = await t.refusal(t.rootToken, importSuppressions, at, {
    suppressions: [{ address: "a@x.test" }, { address: "*@x.test" }],
  });
  expect(refused).toMatchObject({ code: "input.invalid", details: { path: ["suppressions", 1, "address"] } });
});

it("is a read-only entry of the pod's list, takes a caller's own entry over, and no place of theirs", async () => {
  const pod = await t.seed.pod();
  await t.run(t.rootToken, createListEntry, { pod }, { ...block("a@x.test"), reason: "mine" });
  await t.run(t.rootToken, createSuppression, { pod }, { address: "a@x.test" });
  const entry = await t.run(t.rootToken, getListEntry, { pod }, block("a@x.test"));
  expect(entry).toMatchObject({ isReadOnly: true, reason: "mine" });
  expect(await t.run(t.rootToken, createListEntry, { pod }, block("a@x.test"))).toEqual(entry);
  await t.behind((tx) =>
    sql`insert into list_entries (id, organization_id, pod_id, direction, list_type, entry, cause, created_at)
      select gen_random_uuid(), ${t.organizationId}, ${pod}, 'send', 'block', 'u' || n || '@x.test', 'bounce', now()
      from generate_series(1, ${MAX_LIST_ENTRIES}::integer) as n`.execute(tx.within(systemScope)),
  );
  await t.run(t.rootToken, createListEntry, { pod }, block("b@x.test"));
});

test.each([
  [{ suppressions: [] }, ["suppressions"]],
  [{ suppressions: [{ address: "a@x.test" }, { address: "x.test" }] }, ["suppressions", 1, "address"]],
  [{ suppressions: [{ address: "a@x.test", reason: "a\nb" }] }, ["suppressions", 0, "reason"]],
])("an import of %o is refused as a whole", async (input, path) => {
  const pod = await t.seed.pod();
  expect(await t.refusal(t.rootToken, importSuppressions, { pod }, input)).toMatchObject({
    ...{ code: "input.invalid", details: { path } },
  });
  expect((await t.run(t.rootToken, listSuppressions, { pod }, all)).items).toEqual([]);
});
