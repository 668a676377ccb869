/**
 * `node bench/plans.ts [folder]`: what row-level security costs the hot queries, for each form its policies were or could be written
 * in. A million messages, 300,000 of them in one inbox, are written by SQL; then the policies are replaced by each form in
 * turn and the application's own statements run as the request role, in the scope of an organization, a pod and an inbox.
 */
import type pg from "pg";
import { type Explained, explain, type PlanNode } from "./plan-node.ts";
import { LARGE, madeIds } from "./plans-data.ts";
import { type PlansDatabase, withPlansDatabase } from "./plans-database.ts";
import { type Query, queriesOf } from "./plans-queries.ts";

/** Executions of one statement, of which the fastest is printed: what others did on the machine is in the rest. */
const RUNS = 5;

/** A policy's condition; `%o`, `%p` and `%i` are the columns of a table that hold organization, pod and inbox. */
interface Form {
  readonly name: string;
  readonly condition: string;
}

const narrowed = (text: string): string =>
  [
    "%o = organization",
    text.replaceAll("#", "pod").replaceAll("@", "%p"),
    text.replaceAll("#", "inbox").replaceAll("@", "%i"),
  ].join(" and ");

const forms: readonly Form[] = [
  {
    name: "case",
    condition: narrowed(
      "case when (select rookery_#()) is null then true else @ = (select rookery_#()) end",
    ).replace("organization", "(select rookery_organization())"),
  },
  {
    name: "or",
    condition: narrowed("((select rookery_#()) is null or @ = (select rookery_#()))").replace(
      "organization",
      "(select rookery_organization())",
    ),
  },
  {
    name: "equal",
    condition: narrowed("@ = coalesce(rookery_#(), @)").replace("organization", "rookery_organization()"),
  },
  { name: "call", condition: "rookery_in_scope(%o, %p, %i)" },
];

const tables = ["threads", "messages", "attachments", "addresses", "api_keys", "webhook_deliveries"] as const;

async function setForm(owner: pg.Client, form: Form): Promise<void> {
  const set = async (table: string, inbox: string): Promise<void> => {
    const condition = form.condition
      .replaceAll("%o", "organization_id")
      .replaceAll("%p", "pod_id")
      .replaceAll("%i", inbox);
    await owner.query(`drop policy if exists scope on ${table}`);
    await owner.query(`create policy scope on ${table} to rookery_app using (${condition})`);
  };
  for (const table of tables) await set(table, "inbox_id");
  await set("inboxes", "id");
}

/** The nodes from the root down its first children, which is where a sort would be. */
const shapeOf = (node: PlanNode): string =>
  [node["Index Name"] ?? node["Node Type"], ...(node.Plans ?? []).slice(0, 1).map(shapeOf)].join(" < ");

/** @returns of the fastest run its time, and what the last one read */
async function measure(app: pg.Client, query: Query, mode: string): Promise<Explained> {
  await app.query("begin");
  await app.query(`set local plan_cache_mode = ${mode}`);
  for (const [name, value] of Object.entries(query.scope))
    await app.query(`set local rookery.${name}_id = '${value}'`);
  await app.query(`prepare q as ${query.sql}`);
  const values = query.values.map((value) => app.escapeLiteral(value)).join(", ");
  const execute = `execute q${values === "" ? "" : `(${values})`}`;
  let last = await explain(app, execute);
  let fastestMs = last.ms;
  for (let run = 1; run < RUNS; run++) {
    last = await explain(app, execute);
    fastestMs = Math.min(fastestMs, last.ms);
  }
  await app.query("deallocate q");
  await app.query("rollback");
  return { ...last, ms: fastestMs };
}

async function compare({ engine, superuser, open }: PlansDatabase): Promise<void> {
  const ids = await madeIds(superuser);
  const owner = await open("rookery_owner");
  const app = await open("rookery_owner", "-c role=rookery_app");
  console.log(`PostgreSQL ${engine.version}, ${LARGE} messages in the large inbox; fastest of ${RUNS}, ms`);
  const results = new Map<string, Explained>();
  for (const form of forms) {
    await setForm(owner, form);
    for (const query of queriesOf(ids))
      for (const mode of ["force_custom_plan", "force_generic_plan"])
        results.set(`${query.name} ${mode} ${form.name}`, await measure(app, query, mode));
  }
  for (const query of queriesOf(ids))
    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      console.log(`\n${query.name}, ${mode}`);
      for (const { name } of forms) {
        const found = results.get(`${query.name} ${mode} ${name}`);
        if (found === undefined) continue;
        const figures = `${found.ms.toFixed(2).padStart(8)} ms ${String(found.pages).padStart(7)} pages`;
        console.log(`  ${name.padEnd(6)} ${figures}  ${shapeOf(found.root)}`);
      }
    }
  await Promise.all([owner.end(), app.end()]);
}

await withPlansDatabase(compare);
