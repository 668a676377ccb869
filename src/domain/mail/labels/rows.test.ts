import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { mintScope } from "../../door/access/scope.ts";
import { carrying } from "./rows.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it.each(["messages", "threads"] as const)(
  "labels of %s are looked at before row-level security, which costs each row far more",
  async (table) => {
    const scope = mintScope(t.organizationId, null, null);
    const plan = await t.database.transaction(scope, (tx) =>
      sql<{ "QUERY PLAN": string }>`explain select id from ${sql.table(table)}
        where pod_id = ${t.organizationId} and ${carrying(`${table}.labels`, ["rare"])}`.execute(
        tx.within(scope),
      ),
    );
    const filter = plan.rows.map((row) => row["QUERY PLAN"]).find((line) => line.includes("Filter:")) ?? "";
    const places = ["labels[1]", "rookery.organization_id", "@>"].map((text) => filter.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places.toSorted((a, b) => a - b)).toEqual(places);
  },
);
