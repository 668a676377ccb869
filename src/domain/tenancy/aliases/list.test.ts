import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createAlias, listAliases } from "./index.ts";
import { MAX_ALIASES } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("has the aliases of one inbox by their addresses, without its own address, and none of another", async () => {
  const [inbox, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const list = (by: string, at: string) => t.run(by, listAliases, { inbox: at }, undefined);
  expect(await list(t.rootToken, inbox)).toEqual([]);
  for (const [at, name] of [
    [inbox, "zoe"],
    [inbox, "ann"],
    [other, "bob"],
  ] as const)
    await t.run(t.rootToken, createAlias, { inbox: at }, { address: `${name}@rookery.localhost` });
  const { token } = await t.seed.key({ inbox });
  expect((await list(token, inbox)).map(({ address }) => address)).toEqual([
    "ann@rookery.localhost",
    "zoe@rookery.localhost",
  ]);
  const foreign = await t.refusal(token, listAliases, { inbox: other }, undefined);
  expect(foreign.code).toBe("inbox.not_found");
  const absent = await t.refusal(token, listAliases, { inbox: "nobody@rookery.localhost" }, undefined);
  expect(absent).toEqual(foreign);
});

it("has as many as an inbox may have", async () => {
  const { address: inbox } = await t.seed.inbox();
  await t.behind((tx) =>
    sql`insert into addresses (address, organization_id, pod_id, inbox_id, kind)
      select 'a' || n || '@many.example', organization_id, pod_id, inbox_id, 'alias' from addresses,
        generate_series(1, ${MAX_ALIASES}::integer) as n where address = ${inbox}`.execute(
      tx.within(systemScope),
    ),
  );
  expect(await t.run(t.rootToken, listAliases, { inbox }, undefined)).toHaveLength(MAX_ALIASES);
});
