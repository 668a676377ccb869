import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { nameInRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import {
  addListItems,
  createValueList,
  getValueList,
  listListItems,
  normalValue,
  removeListItems,
} from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const make = (type = "domain", name = "L") => t.run(t.rootToken, createValueList, {}, { name, type });
const add = (id: string, ...items: string[]) => t.run(t.rootToken, addListItems, {}, { id, items });
const remove = (id: string, ...items: string[]) => t.run(t.rootToken, removeListItems, {}, { id, items });
const valuesOf = async (id: string) =>
  (await t.run(t.rootToken, listListItems, {}, { id, page: { ...firstPage, ascending: true } })).items.map(
    ({ value }) => value,
  );
const textOf = (value: unknown): string => JSON.stringify(value);

it("a value is stored in one form, however it is written, or not at all", () => {
  expect(normalValue("domain", "  @Example.COM ")).toBe("example.com");
  expect(normalValue("domain", ".bücher.example")).toBe("xn--bcher-kva.example");
  expect(normalValue("tld", ".COM")).toBe("com");
  expect(normalValue("tld", "рф")).toBe("xn--p1ai");
  expect(normalValue("address", " Ann.B@Bücher.Example")).toBe("ann.b@xn--bcher-kva.example");
  for (const wrong of ["a@b.example", "example", "", "*.example.com", "a b.example", ".*", "exa\nmple.com"])
    expect(normalValue("domain", wrong)).toBeNull();
  for (const wrong of ["co.uk", "a@com", "", "123", "*"]) expect(normalValue("tld", wrong)).toBeNull();
  for (const wrong of ["example.com", "Ann <a@b.example>", "<a@b.example>", "@b.example", "a@", ""])
    expect(normalValue("address", wrong)).toBeNull();
});

describe("a value list", () => {
  it("counts its items exactly: those there already, those absent and those named twice change nothing", async () => {
    const { id } = await make();
    expect((await add(id, "b.example", "@A.example", "a.example", "B.EXAMPLE")).itemsCount).toBe(2);
    expect((await add(id, "a.example", "c.example")).itemsCount).toBe(3);
    expect(await valuesOf(id)).toEqual(["a.example", "b.example", "c.example"]);
    expect((await remove(id, "A.example", "a.example", "z.example")).itemsCount).toBe(2);
    await Promise.all(Array.from({ length: 8 }, (_, n) => add(id, `n${n}.example`, "same.example")));
    expect((await t.run(t.rootToken, getValueList, {}, { id })).itemsCount).toBe(11);
    expect(await valuesOf(id)).toHaveLength(11);
  });

  it("takes all values of a request or none of them", async () => {
    const { id } = await make();
    const wrong = await t.refusal(
      t.rootToken,
      addListItems,
      {},
      { id, items: ["ok.example", "a@b.example"] },
    );
    expect(textOf(wrong.details.path)).toBe(textOf(["items", 1]));
    const tooMany = Array.from({ length: 1001 }, (_, n) => `n${n}.example`);
    const asked = [[], tooMany, ["x".repeat(501)]].map((items) =>
      t.refusal(t.rootToken, addListItems, {}, { id, items }),
    );
    for (const { code } of await Promise.all(asked)) expect(code).toBe("input.invalid");
    expect((await t.refusal(t.rootToken, removeListItems, {}, { id, items: [] })).code).toBe("input.invalid");
    expect(await valuesOf(id)).toEqual([]);
  });

  it("takes no pattern of addresses, which would match none, and gives up one that it has", async () => {
    const { id } = await make("address");
    const refused = await t.refusal(
      t.rootToken,
      addListItems,
      {},
      { id, items: ["a@b.example", "*@b.example"] },
    );
    expect(textOf(refused.details.path)).toBe(textOf(["items", 1]));
    expect((await add(id, '"*"@b.example')).itemsCount).toBe(1);
    expect((await remove(id, "*@b.example")).itemsCount).toBe(0);
  });

  it("holds a hundred thousand values and no more, page after page", async () => {
    const { id } = await make();
    await t.behind(async (tx) => {
      const db = tx.within(systemScope);
      await sql`insert into value_list_items select ${id}, 'n' || n || '.example', gen_random_uuid(), ${t.organizationId}, now()
        from generate_series(1, 200) as n`.execute(db);
      await sql`update value_lists set items_count = 99999 where id = ${id}`.execute(db);
    });
    const full = await t.refusal(t.rootToken, addListItems, {}, { id, items: ["x.example", "y.example"] });
    expect(full.code).toBe("limit.exceeded");
    expect(full.details.limit).toEqual({ resource: "list item", count: 100_000, used: 99_999 });
    expect((await add(id, "n1.example", "x.example")).itemsCount).toBe(100_000);
    const page = { ...firstPage, ascending: true };
    const first = await t.run(t.rootToken, listListItems, {}, { id, page });
    const second = await t.run(t.rootToken, listListItems, {}, { id, page: { ...page, after: first.next } });
    const last = first.items.at(-1)?.value ?? "";
    expect(second.items.every(({ value }) => value > last)).toBe(true);
  });
});

it("of a list that no rule of the pod names are not found for its keys, and no key of less than the organization changes any", async () => {
  const [named, other] = [await make(), await make()];
  const { pod, token } = await t.seed.tenant();
  await nameInRule(t, pod, named.id);
  const inbox = await t.seed.inbox(pod);
  const { token: inboxToken } = await t.seed.key({ inbox: inbox.address });
  await add(named.id, "a.example");
  for (const by of [token, inboxToken]) {
    const { items } = await t.run(by, listListItems, {}, { id: named.id, page: firstPage });
    expect(items.map(({ value }) => value)).toEqual(["a.example"]);
    const page = { id: other.id, page: firstPage };
    expect((await t.refusal(by, listListItems, {}, page)).code).toBe("object.not_found");
    const change = { id: named.id, items: ["b.example"] };
    for (const operation of [addListItems, removeListItems])
      expect((await t.refusal(by, operation, {}, change)).code).toBe("permission.missing");
  }
  expect(await valuesOf(named.id)).toEqual(["a.example"]);
});
