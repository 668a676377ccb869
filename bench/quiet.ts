/**
 * `node bench/quiet.ts <checkout>... [--only=<part of a name>,...] [--rounds=20]`: what one caller's operations cost while nobody else asks, in CPU of Node and of
 * PostgreSQL, in other checkouts (with their node_modules) and in this one, which is the last. Each has a server and a database of its own with the same
 * mail, and all are driven in turns: CPU hardly depends on what else the machine does, and what it depends on is the same for all.
 */
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Cpu, cpuOf } from "./cpu.ts";
import { type Contestant, enter, OPERATIONS, type Operation, REQUESTS } from "./quiet-operations.ts";

/** Rounds before those that count. */
const WARM_UP_ROUNDS = 2;
/** A server is quiet when it took less CPU than this in so long, milliseconds. */
const QUIET = { cpuMs: 15, everyMs: 250 } as const;
/** Milliseconds in which it must be. */
const PATIENCE_MS = 60_000;

const totalOf = ({ node, postgres }: Cpu): number => node + postgres;

const cpuNow = ({ server, directory }: Contestant): Promise<Cpu> => cpuOf(server.pid, directory);

/** Resolves when nothing is left that a server does by itself. @returns its CPU until then */
async function settled(contestant: Contestant): Promise<Cpu> {
  let before = await cpuNow(contestant);
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    await pause(QUIET.everyMs);
    const after = await cpuNow(contestant);
    if (totalOf(after) - totalOf(before) < QUIET.cpuMs) return before;
    before = after;
  }
  return before;
}

/** CPU of one contestant for an operation, over all rounds. */
interface Spent {
  node: number;
  postgres: number;
  /** Of both, round by round. */
  readonly rounds: number[];
}

async function turn(contestant: Contestant, operation: Operation, mark: string, spent: Spent): Promise<void> {
  const before = await cpuNow(contestant);
  await operation.run(contestant, mark);
  const after = operation.leavesWork ? await settled(contestant) : await cpuNow(contestant);
  spent.node += after.node - before.node;
  spent.postgres += after.postgres - before.postgres;
  spent.rounds.push(totalOf(after) - totalOf(before));
}

/** Operation by operation, round by round, contestant by contestant, the order turned round each time. */
async function compete(
  contestants: readonly Contestant[],
  operation: Operation,
  rounds: number,
): Promise<Spent[]> {
  const spent = contestants.map((): Spent => ({ node: 0, postgres: 0, rounds: [] }));
  const wasted: Spent = { node: 0, postgres: 0, rounds: [] };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const order = [...contestants.entries()];
    if (round % 2 !== 0) order.reverse();
    for (const [at, contestant] of order)
      await turn(contestant, operation, `${round}`, round < 0 ? wasted : (spent[at] ?? wasted));
  }
  return spent;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function print(contestants: readonly Contestant[], operation: Operation, spent: readonly Spent[]): void {
  const last = spent.at(-1);
  const cells = contestants.map(({ name }, at) => {
    const { node = 0, postgres = 0, rounds = [] } = spent[at] ?? {};
    const per = (ms: number): string => (ms / rounds.length / REQUESTS).toFixed(3);
    const ratios = rounds.map((ms, round) => (last?.rounds[round] ?? 0) / ms);
    const ratio = ((last?.node ?? 0) + (last?.postgres ?? 0)) / (node + postgres);
    const compared =
      at === contestants.length - 1
        ? ""
        : `, ratio ${ratio.toFixed(3)} (median of rounds ${median(ratios).toFixed(3)})`;
    return `${name} ${per(node + postgres)} (${per(node)} + ${per(postgres)})${compared}`;
  });
  console.log(`${operation.name}: ${cells.join(" | ")}`);
}

const option = (name: string): string | undefined =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);

const checkouts = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const only = option("only")?.split(",");
const rounds = Number(option("rounds") ?? 20);
const contestants: Contestant[] = [];
try {
  for (const checkout of [...checkouts, "."]) contestants.push(await enter(resolve(checkout)));
  for (const contestant of contestants) await settled(contestant);
  for (const operation of OPERATIONS)
    if (only === undefined || only.some((part) => operation.name.includes(part)))
      print(contestants, operation, await compete(contestants, operation, rounds));
} finally {
  for (const { server, receiver, directory } of contestants) {
    await server.end();
    await receiver.close();
    await rm(directory, { recursive: true, force: true });
  }
}
