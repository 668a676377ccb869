/** What a session about a pod or an inbox reads of the organization's guardrails, by SQL without any WHERE. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemScope } from "../../src/domain/door/access/index.ts";
import type { Rule } from "../../src/domain/guardrails/rules/index.ts";
import { addListItems, createValueList } from "../../src/domain/guardrails/value-lists/index.ts";
import { sendMessage } from "../../src/domain/transit/sends/index.ts";
import { limit } from "../support/policies.ts";
import { attachRules, makeRule } from "../support/rules.ts";
import { openTestDoor, type TestDoor } from "../support/test-door.ts";

let t: TestDoor;
let pod: string;
let inbox: string;
/** Attached to the pod; attached to another one; outbound ones that no pod has, and another has. */
let rules: Readonly<Record<"own" | "other" | "everywhere" | "elsewhere", Rule>>;
/** The list that each rule names. */
let lists: Record<keyof typeof rules, string>;

beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  inbox = (await t.seed.inbox(pod)).address;
  const another = await t.seed.pod();
  lists = { own: "", other: "", everywhere: "", elsewhere: "" };
  const make = async (name: keyof typeof lists, trigger: string): Promise<Rule> => {
    const { id } = await t.run(t.rootToken, createValueList, {}, { name, type: "domain" });
    await t.run(t.rootToken, addListItems, {}, { id, items: [`${name}.example`] });
    lists[name] = id;
    const field = trigger === "inbound" ? "from.domain" : "recipient.domain";
    const match = { conditions: [{ field, operator: "in_list", value: [id] }] };
    return makeRule(t, { name, trigger, match });
  };
  rules = {
    own: await make("own", "inbound"),
    other: await make("other", "inbound"),
    everywhere: await make("everywhere", "outbound"),
    elsewhere: await make("elsewhere", "outbound"),
  };
  await attachRules(t, pod, [rules.own]);
  await attachRules(t, another, [rules.other, rules.elsewhere]);
  await limit(t, pod, { sentPerDay: 100 });
});
afterAll(() => t.close());

/** Rows that a statement gives in the session of a key. */
async function asked<Row>(token: string, statement: string): Promise<Row[]> {
  const { scope } = await t.authenticator.authenticate(token);
  return t.database.transaction(
    scope,
    async (tx) => (await sql.raw<Row>(statement).execute(tx.within(scope))).rows,
  );
}

const keys = async (): Promise<string[]> => [
  (await t.seed.key({ pod })).token,
  (await t.seed.key({ inbox })).token,
];
const all = (): string =>
  Object.values(rules)
    .map(({ id }) => `'${id}'`)
    .join(", ");

test("the tables show it nothing, and it writes nothing into them; a key of the organization sees all", async () => {
  for (const table of ["rules", "value_lists", "value_list_items", "policies"]) {
    for (const token of await keys()) {
      expect(await asked(token, `select * from ${table}`), table).toEqual([]);
      expect(await asked(token, `delete from ${table} returning 1`), table).toEqual([]);
    }
    expect((await asked(t.rootToken, `select * from ${table}`)).length, table).toBeGreaterThan(0);
  }
  for (const token of await keys())
    await expect(
      asked(
        token,
        `insert into value_lists (id, organization_id, name, type, items_count, created_at, updated_at)
         values (gen_random_uuid(), '${t.organizationId}', 'x', 'tld', 0, now(), now())`,
      ),
    ).rejects.toThrow("row-level security");
});

test("the functions list what its pod has attached, and nothing else", async () => {
  for (const token of await keys()) {
    expect(await asked(token, "select name from rookery_rules_of_pod()")).toEqual([{ name: "own" }]);
    expect(await asked(token, "select name from rookery_lists_of_pod()")).toEqual([{ name: "own" }]);
    const items = (list: string) => `select value from rookery_items_of_pod('${list}', null, true, 10)`;
    expect(await asked(token, items(lists.own))).toEqual([{ value: "own.example" }]);
    for (const name of ["other", "everywhere", "elsewhere"] as const)
      expect(await asked(token, items(lists[name])), name).toEqual([]);
  }
});

test("without a session's scope, or in another organization's, they show nothing", async () => {
  const foreign = "0190a000-0000-7000-8000-00000000dead";
  for (const scope of [
    [],
    [`set local rookery.organization_id = '${foreign}'`, `set local rookery.pod_id = '${pod}'`],
  ])
    await t.behind(async (tx) => {
      const db = tx.within(systemScope);
      for (const setting of scope) await sql.raw(setting).execute(db);
      for (const call of [
        "rookery_rules_of_pod()",
        "rookery_lists_of_pod()",
        `rookery_rules_named(array[${all()}]::uuid[])`,
        `rookery_listed_values(array['${lists.own}']::uuid[], array['own.example'])`,
      ])
        expect((await sql.raw(`select * from ${call}`).execute(db)).rows, call).toEqual([]);
    });
});

test("sends are judged by them as before, whichever key sends", async () => {
  for (const by of [t.rootToken, ...(await keys())]) {
    const send = (to: string) =>
      t.run(by, sendMessage, { inbox }, { to: [to], text: "x", idempotencyKey: null });
    await expect(send("a@everywhere.example")).rejects.toMatchObject({ code: "rule.blocked" });
    await send("a@elsewhere.example");
    await send("a@fine.example");
  }
});
