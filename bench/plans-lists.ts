/**
 * `node bench/plans-lists.ts [folder]`: lists by label, lists of drafts, of events of labels, and metrics, at a million messages, drafts and events each, 300,000 of them in one inbox. The
 * operations run through the door at inbox, pod and organization; the statements that they send are explained as they were sent.
 */
import pg from "pg";
import type { Operation, TargetKind } from "../src/domain/door/operation.ts";
import type { At } from "../src/domain/door/targets.ts";
import { listLabelEvents } from "../src/domain/mail/label-events/index.ts";
import { listMessages } from "../src/domain/mail/messages/index.ts";
import { listThreads } from "../src/domain/mail/threads/index.ts";
import { listDrafts } from "../src/domain/transit/drafts/index.ts";
import { queryEvents, queryUsage } from "../src/domain/transit/metrics/index.ts";
import { allDrafts, allMessages, allThreads, firstPage } from "../test/support/lists.ts";
import { openDoorOn, type TestDoor } from "../test/support/test-door.ts";
import { explain, type PlanNode } from "./plan-node.ts";
import { madeIds } from "./plans-data.ts";
import { type PlansDatabase, withPlansDatabase } from "./plans-database.ts";
import { fillLists, KEY } from "./plans-lists-data.ts";
import { percentile } from "./report.ts";

const RUNS = 15;
const CONNECTIONS = 2;

interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Has every statement of this process noted. @returns those since the last call */
function noteStatements(): () => readonly Sent[] {
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

interface Parts {
  readonly t: TestDoor;
  readonly app: pg.Client;
  readonly statements: () => readonly Sent[];
}

async function measure<Input, Output, Kind extends TargetKind>(
  { t, app, statements }: Parts,
  name: string,
  operation: Operation<Input, Output, Kind>,
  at: At,
  input: Input,
): Promise<void> {
  const actor = await t.authenticator.authenticate(KEY);
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

async function measureAll(
  parts: Parts,
  { pod, address }: { readonly pod: string; readonly address: string },
) {
  const ofInbox: At = { inbox: address };
  const ofPod: At = { pod };
  const ofAll: At = {};
  console.log("| list | scope | least, ms | p50, ms | pages | by |\n|---|---|---|---|---|---|");
  for (const label of ["rare", "recent", "nobody's", "unread"]) {
    const labels = [label];
    await measure(parts, `messages: ${label}`, listMessages, ofInbox, { ...allMessages, labels });
    for (const at of [ofInbox, ofPod, ofAll])
      await measure(parts, `threads: ${label}`, listThreads, at, { ...allThreads, labels });
  }
  for (const labels of [[], ["rare"], ["recent"], ["half"], ["nobody's"]])
    for (const at of [ofInbox, ofPod, ofAll])
      await measure(parts, `drafts: ${labels[0] ?? "all"}`, listDrafts, at, { ...allDrafts, labels });
  await measure(parts, "events of labels", listLabelEvents, ofInbox, firstPage);
  const { next } = await parts.t.run(KEY, listLabelEvents, ofInbox, { ...firstPage, size: 1000 });
  await measure(parts, "events of labels, the next page", listLabelEvents, ofInbox, {
    ...firstPage,
    after: next,
  });
  const day = 24 * 3600;
  const ago = (days: number): Date => new Date(Date.now() - days * day * 1000);
  for (const at of [ofInbox, ofPod, ofAll]) {
    await measure(parts, "metrics: a day by the hour", queryEvents, at, { start: ago(1), period: 3600 });
    await measure(parts, "metrics: 29 days by the day", queryEvents, at, { start: ago(29), period: day });
    await measure(parts, "usage now, and of 29 days", queryUsage, at, { start: ago(29), period: day });
  }
}

async function main({ engine, superuser, open }: PlansDatabase): Promise<void> {
  const { rows: drafts } = await superuser.query("select from drafts limit 1");
  if (drafts.length === 0) await fillLists(superuser);
  // Each run has a seal key of its own, which opens no secret of those that were filled in.
  await superuser.query("truncate webhooks cascade");
  await superuser.query("update installation set seal_canary = null, root_key_sha256 = null");
  const { pod } = await madeIds(superuser);
  const app = await open("rookery_owner", "-c role=rookery_app");
  const statements = noteStatements();
  const t = await openDoorOn(engine, CONNECTIONS);
  await measureAll({ t, app, statements }, { pod, address: "agent-0@rookery.localhost" });
  await t.close();
  await app.end();
}

await withPlansDatabase(main);
