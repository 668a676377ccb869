/**
 * An ordinary tenant alone and beside each flood, each on a server of its own. The flood's generator is a process of low
 * priority pinned to one core; what it and the others took of the cores is printed beside each, so that a
 * slow answer of the server is told from a core that the generator held.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cpuOf, machineCpu, runDelayMs, treeCpuMs } from "./cpu.ts";
import type { Flood } from "./fairness/flood.ts";
import { floods } from "./fairness/floods/index.ts";
import { type Generator, startGenerator } from "./fairness/generator-process.ts";
import { openOrdinaryTenant, type Samples } from "./fairness/ordinary-tenant.ts";
import { type Figures, percentile } from "./report.ts";
import { type ServerProcess, startServer } from "./server.ts";

const WARM_UP_SECONDS = 4;
/** Of each half of a row; the more, the more samples a p99 has. */
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 15);
/** Between the flood's start and the measuring, milliseconds. */
const RISE_MS = 3000;

type Row = readonly [what: string, figure: string];

/** Milliseconds of CPU by process. */
interface Cores {
  readonly at: number;
  readonly rookery: number;
  readonly postgres: number;
  readonly generator: number;
  readonly bench: number;
  /** Of the whole machine, those above included. */
  readonly all: number;
  readonly stolen: number;
  /** For how long Rookery's event loop had work and no core. */
  readonly delayed: number;
}

async function coresNow(server: ServerProcess, dataDir: string, generator: Generator | null): Promise<Cores> {
  const { node, postgres } = await cpuOf(server.pid, dataDir);
  const { user, system } = process.cpuUsage();
  const { busy, stolen } = await machineCpu();
  return {
    at: performance.now(),
    rookery: node,
    postgres,
    generator: generator === null ? 0 : await treeCpuMs(generator.pid),
    bench: (user + system) / 1000,
    all: busy,
    stolen,
    delayed: await runDelayMs(server.pid),
  };
}

/** Shares of one core, percent; what other work of the machine took last. */
function sharesOf(before: Cores, after: Cores): string {
  const took = (name: keyof Cores): number => (after[name] - before[name]) / (after.at - before.at);
  const share = (part: number): string => `${(part * 100).toFixed(0)} %`;
  const ours = took("rookery") + took("postgres") + took("generator") + took("bench");
  return [
    `Rookery ${share(took("rookery"))}`,
    `PostgreSQL ${share(took("postgres"))}`,
    `flood ${share(took("generator"))}`,
    `measuring ${share(took("bench"))}`,
    `others ${share(took("all") - ours)}`,
    `hypervisor ${share(took("stolen"))}`,
    `Rookery's loop without a core ${share(took("delayed"))}`,
  ].join(", ");
}

function rowOf(what: string, alone: readonly number[], beside: readonly number[]): Row {
  if (beside.length === 0) return [`  ${what}`, "none beside the flood"];
  const of = (samples: readonly number[], part: number): string => percentile(samples, part).toFixed(1);
  const ratio = percentile(beside, 0.99) / percentile(alone, 0.99);
  return [
    `  ${what}`,
    `p50 ${of(alone, 0.5)} -> ${of(beside, 0.5)} ms, p99 ${of(alone, 0.99)} -> ${of(beside, 0.99)} ms, ratio ${ratio.toFixed(2)}`,
  ];
}

async function besideFlood(flood: Flood): Promise<Row[]> {
  const directory = await mkdtemp(join(tmpdir(), "rookery-fairness-"));
  const server = await startServer(directory, await flood.settings?.(directory));
  try {
    const tenant = await openOrdinaryTenant(server);
    const prepared = await flood.prepare(server);
    await tenant.measure(WARM_UP_SECONDS);
    const quiet = await coresNow(server, directory, null);
    const alone = await tenant.measure(SECONDS);
    const quietAfter = await coresNow(server, directory, null);
    const generator = await startGenerator(flood, server, prepared);
    await pause(RISE_MS);
    const [before, doneBefore] = [await coresNow(server, directory, generator), await generator.done()];
    const beside = await tenant.measure(SECONDS);
    const [after, doneAfter] = [await coresNow(server, directory, generator), await generator.done()];
    await generator.stop();
    await tenant.close();
    const rate = ((doneAfter - doneBefore) / ((after.at - before.at) / 1000)).toFixed(0);
    return [
      [flood.name, `${flood.promise}; ${rate}/s`],
      ...comparison(alone, beside),
      ["  cores alone", sharesOf(quiet, quietAfter)],
      ["  cores beside", sharesOf(before, after)],
    ];
  } finally {
    await server.end();
    await rm(directory, { recursive: true, force: true });
  }
}

const comparison = (alone: Samples, beside: Samples): Row[] => [
  rowOf("lists", alone.lists, beside.lists),
  rowOf("SMTP", alone.mails, beside.mails),
  rowOf("webhooks", alone.webhooks, beside.webhooks),
  ["  failed", `${alone.failed} alone, ${beside.failed} beside the flood`],
];

/** @param only names of floods; all when empty */
export async function fairness(
  server: ServerProcess,
  _directory: string,
  only: readonly string[] = [],
): Promise<Figures> {
  // Each flood has a server of its own.
  await server.end();
  const unknown = only.filter((name) => !floods.some((flood) => flood.name === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no flood ${unknown.join(", ")}; there are ${floods.map(({ name }) => name).join(", ")}.`,
    );
  const rows: Row[] = [];
  for (const flood of floods)
    if (only.length === 0 || only.includes(flood.name)) rows.push(...(await besideFlood(flood)));
  return { name: `fairness: an ordinary tenant for ${SECONDS} s alone -> beside each flood`, rows };
}
