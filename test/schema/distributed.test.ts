/** The schema in the form that Citus accepts, held against the catalog; see docs/decisions/0012-distributed.md. */
import { readdir, readFile } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type Placed, type Placement, readPlacements } from "./placement.ts";

let database: TestDatabase;
let client: pg.Client;
let placed: readonly Placed[];

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  placed = await readPlacements();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function rows<Row extends pg.QueryResultRow>(query: string): Promise<Row[]> {
  return (await client.query<Row>(query)).rows;
}

function placementOf(table: string): Placement {
  const found = placed.find((one) => one.table === table);
  if (found === undefined) throw new Error(`${table} is not in distribute.sql`);
  return found.placement;
}

/** The column a table is distributed by, or null. */
function keyOf(table: string): string | null {
  const placement = placementOf(table);
  return placement.kind === "distributed" ? placement.column : null;
}

const inSchema = "= 'public'::regnamespace";

test("distribute.sql names every table once", async () => {
  const tables = await rows<{ name: string }>(
    `select relname as name from pg_class where relnamespace ${inSchema} and relkind in ('r', 'p')`,
  );
  expect(placed.map(({ table }) => table).toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
});

test("distribute.sql changes nothing where there is no Citus, and says so", async () => {
  const text = await readFile(new URL("../../distribute.sql", import.meta.url), "utf8");
  await expect(client.query(text)).rejects.toThrow("this database has no Citus");
});

test("distribute.sql names referenced tables before those that refer to them", async () => {
  const order = placed.map(({ table }) => table);
  const keys = await rows<{ from: string; to: string }>(
    `select conrelid::regclass::text as from, confrelid::regclass::text as to from pg_constraint
     where contype = 'f' and connamespace ${inSchema} and conrelid <> confrelid`,
  );
  expect(keys.filter(({ from, to }) => order.indexOf(from) < order.indexOf(to))).toEqual([]);
});

describe("policies", () => {
  interface Policy {
    readonly table: string;
    readonly expression: string;
  }

  const policies = (): Promise<Policy[]> =>
    rows(
      `select tablename as table, expression from pg_policies, unnest(array[qual, with_check]) as expression
       where schemaname = 'public' and expression is not null`,
    );

  test("hold one call or coalesce of the row's own columns and nothing else", async () => {
    const wrong = (await policies()).filter(
      ({ expression }) => !/^(?:true|\(?(?:rookery_in_scope|coalesce)\([\w, ]*\)\)?)$/i.test(expression),
    );
    expect(wrong).toEqual([]);
  });

  test("hold no sub-select, CASE or IS NULL", async () => {
    const refused = /\bselect\b|\bcase\b|\bis (?:not )?null\b/i;
    expect((await policies()).filter(({ expression }) => refused.test(expression))).toEqual([]);
  });

  test("call nothing that distribute.sql does not bring to every node", async () => {
    const called = await rows<{ signature: string }>(
      `select distinct p.oid::regprocedure::text as signature from pg_depend d join pg_proc p on p.oid = d.refobjid
       where d.refclassid = 'pg_proc'::regclass and p.pronamespace ${inSchema}
         and (d.classid = 'pg_policy'::regclass or d.objid in (
           select refobjid from pg_depend where classid = 'pg_policy'::regclass and refclassid = 'pg_proc'::regclass))`,
    );
    const text = await readFile(new URL("../../distribute.sql", import.meta.url), "utf8");
    const brought = [...text.matchAll(/create_distributed_function\('([^']+)'\)/g)].map((match) => match[1]);
    expect(called.length).toBeGreaterThan(0);
    const missing = called.filter(({ signature }) => !brought.includes(signature.replaceAll(",", ", ")));
    expect(missing).toEqual([]);
  });

  test("call functions that the planner can put in place, and that read only settings", async () => {
    const functions = await rows(
      `select distinct p.oid::regprocedure::text as signature from pg_depend d join pg_proc p on p.oid = d.refobjid
       join pg_language l on l.oid = p.prolang
       where d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_proc'::regclass and p.pronamespace ${inSchema}
         and (l.lanname <> 'sql' or p.provolatile <> 's' or p.prosecdef or p.proconfig is not null or p.proretset
           or pg_get_functiondef(p.oid) ~* '\\m(select|from)\\M')`,
    );
    expect(functions).toEqual([]);
  });

  test("the function alone is what requests are held by, on every table", async () => {
    const tables = await rows(
      `select tablename from pg_policies where schemaname = 'public' and 'rookery_app' = any (roles)
         and coalesce(with_check, qual) is distinct from qual`,
    );
    expect(tables).toEqual([]);
  });
});

describe("keys", () => {
  interface Index {
    readonly table: string;
    readonly index: string;
    readonly unique: boolean;
    readonly columns: string[];
  }

  const indexes = (): Promise<Index[]> =>
    rows(
      `select i.indrelid::regclass::text as table, c.relname as index, i.indisunique as unique,
         array(select pg_get_indexdef(i.indexrelid, n, true) from generate_series(1, i.indnkeyatts) as n) as columns
       from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace ${inSchema}`,
    );

  /** What is asked across pods begins with what the question names; the words of a message name its pod and organization, and so do labels. */
  const acrossPods = [
    ...["organization_id", "webhook_id", "rule_ids", "delete_after", "words", "tx"],
    "rookery_label_marks(organization_id, pod_id, inbox_id, labels)",
    "rookery_label_marks(organization_id, pod_id, inbox_id, array_remove(array_remove(labels, 'received'::text), 'unread'::text))",
  ];

  test("every unique one of a distributed table begins with the pod", async () => {
    const wrong = (await indexes()).filter(
      ({ table, unique, columns }) => unique && keyOf(table) !== null && columns[0] !== keyOf(table),
    );
    expect(wrong).toEqual([]);
  });

  test("every other index of a distributed table begins with the pod, or with what is asked for across pods", async () => {
    const wrong = (await indexes()).filter(({ table, columns }) => {
      const key = keyOf(table);
      return key !== null && columns[0] !== key && !acrossPods.includes(columns[0] ?? "");
    });
    expect(wrong).toEqual([]);
  });

  test("every distributed table has a primary key, and its pod is never null", async () => {
    const nullable = await rows<{ table: string; column: string }>(
      `select attrelid::regclass::text as table, attname as column from pg_attribute
       where attrelid in (select oid from pg_class where relnamespace ${inSchema} and relkind = 'r') and attnum > 0 and not attnotnull`,
    );
    expect(nullable.filter(({ table, column }) => keyOf(table) === column)).toEqual([]);
    const keyed = await rows<{ table: string }>(
      `select conrelid::regclass::text as table from pg_constraint where contype = 'p' and connamespace ${inSchema}`,
    );
    const without = placed.filter(({ table }) => !keyed.some((key) => key.table === table));
    expect(without).toEqual([]);
  });
});

describe("foreign keys", () => {
  interface ForeignKey {
    readonly name: string;
    readonly from: string;
    readonly to: string;
    readonly columns: string[];
    readonly referenced: string[];
    readonly onDelete: string;
    readonly onUpdate: string;
  }

  const names = (relation: string, key: string): string =>
    `array(select attname::text from unnest(${key}) with ordinality as k (number, place)
       join pg_attribute on attrelid = ${relation} and attnum = k.number order by place)`;
  const foreignKeys = (): Promise<ForeignKey[]> =>
    rows(
      `select conname as name, conrelid::regclass::text as from, confrelid::regclass::text as to,
         ${names("conrelid", "conkey")} as columns, ${names("confrelid", "confkey")} as referenced,
         confdeltype as "onDelete", confupdtype as "onUpdate"
       from pg_constraint where contype = 'f' and connamespace ${inSchema}`,
    );

  test("between distributed tables begin with the pod on both sides", async () => {
    const wrong = (await foreignKeys()).filter(
      ({ from, to, columns, referenced }) =>
        keyOf(from) !== null &&
        keyOf(to) !== null &&
        (columns[0] !== keyOf(from) || referenced[0] !== keyOf(to)),
    );
    expect(wrong).toEqual([]);
  });

  test("of a reference table point at reference tables only, and nothing points at a local one or from it", async () => {
    const wrong = (await foreignKeys()).filter(({ from, to }) => {
      const [source, target] = [placementOf(from).kind, placementOf(to).kind];
      return (source === "reference" && target !== "reference") || source === "local" || target === "local";
    });
    expect(wrong).toEqual([]);
  });

  test("never change the pod of a row", async () => {
    const changing = (await foreignKeys()).filter(
      ({ onDelete, onUpdate }) => ["n", "d"].includes(onDelete) || onUpdate !== "a",
    );
    expect(changing).toEqual([]);
  });
});

test("every trigger is dropped before its table is placed: Citus refuses one that has any", async () => {
  const triggers = await rows<{ name: string; table: string }>(
    `select tgname as name, tgrelid::regclass::text as table from pg_trigger
     where not tgisinternal and tgrelid in (select oid from pg_class where relnamespace ${inSchema})`,
  );
  const text = await readFile(new URL("../../distribute.sql", import.meta.url), "utf8");
  const late = triggers.filter(({ name, table }) => {
    const dropped = text.indexOf(`drop trigger ${name} on ${table};`);
    return dropped === -1 || dropped > text.indexOf(`_table('${table}'`);
  });
  expect(triggers.length).toBeGreaterThan(0);
  expect(late).toEqual([]);
});

test("there is no sequence, identity, generated column, inheritance or exclusion: Citus refuses or restricts them", async () => {
  const found = await rows(
    `select 'sequence' as kind, relname as name from pg_class where relnamespace ${inSchema} and relkind = 'S'
     union all select 'identity or generated', attname from pg_attribute
       where attrelid in (select oid from pg_class where relnamespace ${inSchema} and relkind = 'r')
         and (attidentity <> '' or attgenerated <> '')
     union all select 'inheritance', inhrelid::regclass::text from pg_inherits
       where inhrelid in (select oid from pg_class where relnamespace ${inSchema} and relkind = 'r')
     union all select 'exclusion', conname from pg_constraint where contype = 'x' and connamespace ${inSchema}`,
  );
  expect(found).toEqual([]);
});

test("the roles of requests and workers may log in, as nodes do to each other, and bypass nothing", async () => {
  const roles = await rows(
    `select rolname, rolcanlogin, rolbypassrls, rolsuper from pg_roles where rolname in ('rookery_app', 'rookery_worker') order by 1`,
  );
  const narrow = { rolcanlogin: true, rolbypassrls: false, rolsuper: false };
  expect(roles).toEqual([
    { rolname: "rookery_app", ...narrow },
    { rolname: "rookery_worker", ...narrow },
  ]);
});

test("the scope is set by SET LOCAL alone: set_config does not reach the nodes", async () => {
  const folder = new URL("../../src/", import.meta.url);
  const files = (await readdir(folder, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), "utf8")));
  // In a comment it may stand, without quotes before its arguments.
  expect(files.filter((_name, index) => /set_config\(\s*['"$]/.test(texts[index] ?? ""))).toEqual([]);
  expect(texts.some((text) => text.includes("set local rookery."))).toBe(true);
});
