import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createRule } from "../rules/index.ts";
import {
  addListItems,
  createValueList,
  deleteValueList,
  getValueList,
  listListItems,
  listValueLists,
  normalValue,
  removeListItems,
  updateValueList,
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
  it("is made empty, read, listed newest first, renamed and deleted with its items", async () => {
    const first = await t.run(
      t.rootToken,
      createValueList,
      {},
      { name: "Spammers", type: "address", description: "of 2026" },
    );
    const second = await make();
    expect(first).toMatchObject({ type: "address", itemsCount: 0, description: "of 2026" });
    const { items } = await t.run(t.rootToken, listValueLists, {}, { ...firstPage, size: 1 });
    expect(items).toEqual([second]);
    const renamed = await t.run(
      t.rootToken,
      updateValueList,
      {},
      { id: first.id, name: "S", description: null, type: "address" },
    );
    expect(renamed).toMatchObject({ name: "S", description: null });
    expect(await t.run(t.rootToken, getValueList, {}, { id: first.id })).toEqual(renamed);
    await add(first.id, "a@b.example");
    await t.run(t.rootToken, deleteValueList, {}, { id: first.id });
    const gone = await t.refusal(t.rootToken, getValueList, {}, { id: first.id });
    expect(gone.code).toBe("object.not_found");
    const { rows } = await t.behind((tx) =>
      sql`select 1 from value_list_items where list_id = ${first.id}`.execute(tx.within(systemScope)),
    );
    expect(rows).toEqual([]);
    for (const operation of [getValueList, deleteValueList])
      expect((await t.refusal(t.rootToken, operation, {}, { id: "nonsense" })).code).toBe("object.not_found");
  });

  it("keeps its type, and refuses names and types that are none", async () => {
    const { id } = await make("tld");
    const asked = [
      t.refusal(t.rootToken, updateValueList, {}, { id, type: "domain" }),
      t.refusal(t.rootToken, updateValueList, {}, { id, name: " " }),
      t.refusal(t.rootToken, createValueList, {}, { name: "", type: "tld" }),
      t.refusal(t.rootToken, createValueList, {}, { name: "x".repeat(257), type: "tld" }),
      t.refusal(t.rootToken, createValueList, {}, { name: "x", type: "ip" }),
      t.refusal(t.rootToken, createValueList, {}, { name: "x", type: "tld", description: "x".repeat(2001) }),
    ];
    for (const { code } of await Promise.all(asked)) expect(code).toBe("input.invalid");
    expect((await t.run(t.rootToken, getValueList, {}, { id })).type).toBe("tld");
  });

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

describe("keys", () => {
  it("of less than the organization see the lists that their pod's rules name, and change none", async () => {
    const [named, other] = [await make(), await make()];
    await add(named.id, "a.example");
    const condition = { field: "from.domain", operator: "in_list", value: [named.id] };
    const rule = await t.run(
      t.rootToken,
      createRule,
      {},
      { name: "R", match: { conditions: [condition] }, actions: [{ type: "block" }] },
    );
    const { pod, token } = await t.seed.tenant();
    const seen = async (by: string) =>
      (await t.run(by, listValueLists, {}, firstPage)).items.map(({ id }) => id);
    expect(await seen(token)).toEqual([]);
    await t.behind((tx) =>
      sql`update pods set rule_ids = array[${rule.id}::uuid] where id = ${pod}`.execute(
        tx.within(systemScope),
      ),
    );
    const inbox = await t.seed.inbox(pod);
    const { token: inboxToken } = await t.seed.key({ inbox: inbox.address });
    for (const by of [token, inboxToken]) {
      expect(await seen(by)).toEqual([named.id]);
      expect((await t.run(by, getValueList, {}, { id: named.id })).itemsCount).toBe(1);
      expect((await t.refusal(by, getValueList, {}, { id: other.id })).code).toBe("object.not_found");
      const page = { id: other.id, page: firstPage };
      expect((await t.refusal(by, listListItems, {}, page)).code).toBe("object.not_found");
      const items = { id: named.id, items: ["b.example"] };
      expect((await t.refusal(by, addListItems, {}, items)).code).toBe("permission.missing");
      expect((await t.refusal(by, createValueList, {}, { name: "x", type: "tld" })).code).toBe(
        "permission.missing",
      );
    }
    const { token: blind } = await t.seed.key({}, "message_read");
    expect((await t.refusal(blind, listValueLists, {}, firstPage)).code).toBe("permission.missing");
  });
});
