import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createValueList, getValueList } from "./index.ts";
import { MAX_VALUE_LISTS } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("makes an empty list, as it is read", async () => {
  const input = { name: "Spammers", type: "address", description: "of 2026" };
  const made = await t.run(t.rootToken, createValueList, {}, input);
  expect(made).toMatchObject({ ...input, itemsCount: 0 });
  expect(await t.run(t.rootToken, getValueList, {}, { id: made.id })).toEqual(made);
});

it.each([
  [{ name: "", type: "tld" }, "name"],
  [{ name: "x".repeat(257), type: "tld" }, "name"],
  [{ name: "x", type: "ip" }, "type"],
  [{ name: "x", type: "tld", description: "x".repeat(2001) }, "description"],
])("refuses a name, a type and a description that are none (%#)", async (input, path) => {
  expect(await t.refusal(t.rootToken, createValueList, {}, input)).toMatchObject({
    code: "input.invalid",
    details: { path: [path] },
  });
});

it("is refused to keys of less than the organization", async () => {
  const { token } = await t.seed.tenant();
  expect((await t.refusal(token, createValueList, {}, { name: "x", type: "tld" })).code).toBe(
    "permission.missing",
  );
});

it("an organization has MAX_VALUE_LISTS at most", async () => {
  const { organizationId } = t;
  await t.behind((tx) =>
    sql`insert into value_lists (id, organization_id, name, type, items_count, created_at, updated_at)
      select gen_random_uuid(), ${organizationId}::uuid, 'Many', 'tld', 0, now(), now()
      from generate_series(1, ${MAX_VALUE_LISTS}::integer - (select count(*)::integer from value_lists))`.execute(
      tx.within(systemScope),
    ),
  );
  const full = await t.refusal(t.rootToken, createValueList, {}, { name: "One more", type: "tld" });
  expect(full).toMatchObject({ code: "limit.exceeded", details: { limit: { count: MAX_VALUE_LISTS } } });
});
