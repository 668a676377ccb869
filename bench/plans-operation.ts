/** An operation through the door of a filled database, as `plans-lists.ts` and `plans-webhooks.ts` measure it. */
import pg from "pg";
import type { Operation, TargetKind } from "../src/domain/door/operation.ts";
import type { At } from "../src/domain/door/targets.ts";
import type { TestDoor } from "../test/support/test-door.ts";
import { explain, type PlanNode } from "./plan-node.ts";
import { percentile } from "./report.ts";

const RUNS = 15;

export interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Has every statement of this process noted. @returns those since the last call */
export function noteStatements(): () => readonly Sent[] {
  let sent: Sent[] = [];
  const query = pg.Client.prototype.query;
  // Cast: the driver's overloads; ours always give an object.
  pg.Client.prototype.query = function noted(this: pg.Client, ...given: unknown[]) {
    const [config] = given as [pg.QueryConfig];
    if (typeof config === "object") sent.push({ text: config.text, values: config.values ?? [] });
    return Reflect.apply(query, this, given);
  } as typeof query;
  return () => {
    const all = sent;
    sent = [];
    return all;
  };
}

/** Names of what is read, from the root down. */
const namesOf = (node: PlanNode): string[] => [
  ...(node["Index Name"] === undefined && !/Sort|Scan/.test(node["Node Type"])
    ? []
    : [node["Index Name"] ?? node["Node Type"]]),
  ...(node.Plans ?? []).flatMap(namesOf),
];

interface Read {
  readonly pages: number;
  readonly names: readonly string[];
}

/** Runs the statements of a transaction again, each that reads under EXPLAIN. */
async function explainAll(app: pg.Client, statements: readonly Sent[]): Promise<Read[]> {
  const reads: Read[] = [];
  for (const { text, values } of statements) {
    if (/^(commit|rollback)/.test(text)) continue;
    if (!/^\s*(select|with)/i.test(text)) {
      await app.query(text, [...values]);
      continue;
    }
    const { root, pages } = await explain(app, text, values);
    reads.push({ pages, names: /rookery_labelled\w*/.exec(text) ?? [...new Set(namesOf(root))] });
  }
  await app.query("rollback");
  return reads;
}

export interface Parts {
  readonly t: TestDoor;
  readonly app: pg.Client;
  readonly statements: () => readonly Sent[];
  /** Of the key that asks. */
  readonly token: string;
}

export const TABLE_HEAD = "| list | scope | least, ms | p50, ms | pages | by |\n|---|---|---|---|---|---|";

/** Runs an operation through the door, then its statements once more under EXPLAIN, and prints a row of a table. */
export async function measure<Input, Output, Kind extends TargetKind>(
  { t, app, statements, token }: Parts,
  name: string,
  operation: Operation<Input, Output, Kind>,
  at: At,
  input: Input,
): Promise<void> {
  const actor = await t.authenticator.authenticate(token);
  const times: number[] = [];
  let sent: readonly Sent[] = [];
  for (let run = 0; run < RUNS; run++) {
    statements();
    const began = performance.now();
    await t.door.run(operation, actor, at, input);
    times.push(performance.now() - began);
    sent = statements();
  }
  const begun = sent.findIndex(({ text }) => text.startsWith("begin"));
  const plans = await explainAll(app, sent.slice(begun));
  const pages = plans.reduce((sum, plan) => sum + plan.pages, 0);
  const names = plans.filter((plan) => plan.pages > pages / 20).flatMap((plan) => plan.names);
  const scope = Object.keys(at)[0] ?? "organization";
  console.log(
    `| ${name} | ${scope} | ${Math.min(...times).toFixed(1)} | ${percentile(times, 0.5).toFixed(1)} | ${pages} | ${[...new Set(names)].join(", ")} |`,
  );
}
