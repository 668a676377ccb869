import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { addListItems, createValueList, deleteValueList, getValueList } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("deletes a list with its items and no other, once", async () => {
  const make = async () => {
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" });
    await t.run(t.rootToken, addListItems, {}, { id, items: ["a.example"] });
    return id;
  };
  const [id, other] = [await make(), await make()];
  await t.run(t.rootToken, deleteValueList, {}, { id });
  for (const operation of [getValueList, deleteValueList])
    expect((await t.refusal(t.rootToken, operation, {}, { id })).code).toBe("object.not_found");
  const { rows } = await t.behind((tx) =>
    sql`select list_id from value_list_items`.execute(tx.within(systemScope)),
  );
  expect(rows).toEqual([{ list_id: other }]);
});

it("of an id that is none finds nothing", async () => {
  expect((await t.refusal(t.rootToken, deleteValueList, {}, { id: "nonsense" })).code).toBe(
    "object.not_found",
  );
});
