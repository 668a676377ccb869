/**
 * An ordinary tenant alone and beside each flood, in turns. The flood's generator is a process of low
 * priority pinned to one core; what it and the others took of the cores is printed beside each, so that a
 * slow answer of the server is told from a core that the generator held.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cpuOf, freeze, machineCpu, runDelayMs, thaw, treeCpuMs } from "./cpu.ts";
import type { Flood, Prepared } from "./fairness/flood.ts";
import { floods } from "./fairness/floods/index.ts";
import { type Generator, startGenerator } from "./fairness/generator-process.ts";
import { type OrdinaryTenant, openOrdinaryTenant, type Samples } from "./fairness/ordinary-tenant.ts";
import { type Figures, percentile } from "./report.ts";
import { type ServerProcess, startServer } from "./server.ts";

const WARM_UP_SECONDS = 4;
/** Of each half of a row; the more, the more samples a p99 has. */
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 30);
/** Into which each half is divided, in turns with the other's. */
const WINDOWS = 3;
/** Between the flood's start, or its going on, and the measuring, and between its stop and that, milliseconds. */
const [RISE_MS, FALL_MS] = [3000, 500] as const;

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
function sharesOf(windows: readonly (readonly [before: Cores, after: Cores])[]): string {
  const sum = (name: keyof Cores): number =>
    windows.reduce((total, [before, after]) => total + after[name] - before[name], 0);
  const took = (name: keyof Cores): number => sum(name) / sum("at");
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

/** A server with an ordinary tenant, of which what the tenant met and what the machine did is added up over all windows. */
interface Half {
  readonly server: ServerProcess;
  readonly directory: string;
  readonly tenant: OrdinaryTenant;
  readonly prepared: Prepared;
  readonly windows: Samples[];
  readonly cores: [before: Cores, after: Cores][];
}

async function openHalf(flood: Flood, directory: string): Promise<Half> {
  const server = await startServer(directory, await flood.settings?.(directory));
  const tenant = await openOrdinaryTenant(server);
  const prepared = await flood.prepare(server);
  return { server, directory, tenant, prepared, windows: [], cores: [] };
}

async function measureWindow(
  { server, directory, tenant, windows, cores }: Half,
  generator: Generator | null,
) {
  const before = await coresNow(server, directory, generator);
  windows.push(await tenant.measure(SECONDS / WINDOWS));
  cores.push([before, await coresNow(server, directory, generator)]);
}

/**
 * Alone and beside the flood in turns, as a machine of others is not as fast in one minute as in the next. Alone is a server that the flood never met, as
 * what a flood leaves to be done, such as retries, goes on for hours; the one with the flood is stopped meanwhile, with its generator.
 */
async function besideFlood(flood: Flood): Promise<Row[]> {
  const directories = await Promise.all(
    ["alone", "beside"].map((name) => mkdtemp(join(tmpdir(), `rookery-fairness-${name}-`))),
  );
  const halves: Half[] = [];
  let generator: Generator | null = null;
  try {
    for (const directory of directories) halves.push(await openHalf(flood, directory));
    // There are two.
    const [alone, beside] = halves as [Half, Half];
    await Promise.all(halves.map(({ tenant }) => tenant.measure(WARM_UP_SECONDS)));
    generator = await startGenerator(flood, beside.server, beside.prepared);
    const flooding = [generator.pid, beside.server.pid];
    let asked = 0;
    for (let window = 0; window < WINDOWS; window++) {
      for (const pid of flooding) await freeze(pid);
      await pause(FALL_MS);
      await measureWindow(alone, null);
      for (const pid of flooding.toReversed()) await thaw(pid);
      await pause(RISE_MS);
      const before = await generator.done();
      await measureWindow(beside, generator);
      asked += (await generator.done()) - before;
    }
    return rowsOf(flood, alone, beside, asked);
  } finally {
    for (const { server } of halves) await thaw(server.pid);
    if (generator !== null) await thaw(generator.pid);
    await generator?.stop();
    for (const { tenant, server } of halves) {
      await tenant.close();
      await server.end();
    }
    for (const directory of directories) await rm(directory, { recursive: true, force: true });
  }
}

function rowsOf({ name, promise }: Flood, alone: Half, beside: Half, asked: number): Row[] {
  const seconds = beside.cores.reduce((sum, [before, after]) => sum + (after.at - before.at) / 1000, 0);
  const row = (what: string, samplesOf: (window: Samples) => readonly number[]): Row =>
    rowOf(what, alone.windows.flatMap(samplesOf), beside.windows.flatMap(samplesOf));
  const failed = ({ windows }: Half): number => windows.reduce((sum, window) => sum + window.failed, 0);
  return [
    [name, `${promise}; ${(asked / seconds).toFixed(0)}/s`],
    row("lists", ({ lists }) => lists),
    row("SMTP", ({ mails }) => mails),
    row("webhooks", ({ webhooks }) => webhooks),
    ["  failed", `${failed(alone)} alone, ${failed(beside)} beside the flood`],
    ["  cores alone", sharesOf(alone.cores)],
    ["  cores beside", sharesOf(beside.cores)],
  ];
}

/** @param only names of floods; all when empty */
export async function fairness(
  server: ServerProcess,
  _directory: string,
  only: readonly string[] = [],
): Promise<Figures> {
  // Each flood has servers of its own.
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
