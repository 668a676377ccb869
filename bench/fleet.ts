/**
 * A fleet by its routes: ten thousand tenants made, applied again, planned with a hundred differences, and listed; a hundred thousand
 * with the memory of the server on the way; and beside it a shell loop with the command line, one account after the other.
 * `fleet/tenants`, `fleet/loop` and `fleet/memory` are its parts.
 */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyConfirmed, fleetOf, type Line, stream } from "../test/support/fleet-client.ts";
import { cpuOf } from "./cpu.ts";
import type { Figures } from "./report.ts";
import { type ServerProcess, startServer } from "./server.ts";

const TENANTS = 10_000;
const DIFFERENCES = 100;
/** Tenants of the shell loop: each is two processes. */
const LOOP_TENANTS = 200;
/** Of the fleet whose memory is watched. */
const MANY_TENANTS = 100_000;
/** Between two readings of it, tenants. */
const MEMORY_EVERY = 10_000;

type Row = readonly [string, string];

async function timed(
  server: ServerProcess,
  directory: string,
  title: string,
  work: () => Promise<Line>,
): Promise<Row> {
  const [before, began] = [await cpuOf(server.pid, directory), performance.now()];
  const last = await work();
  const seconds = (performance.now() - began) / 1000;
  const after = await cpuOf(server.pid, directory);
  const cpu = (name: "node" | "postgres"): string => `${((after[name] - before[name]) / 1000).toFixed(2)} s`;
  const counts = JSON.stringify(last["changes"] ?? { tenants: last["tenants"] });
  return [
    title,
    `${seconds.toFixed(2)} s; CPU ${cpu("node")} of Node, ${cpu("postgres")} of PostgreSQL; ${counts}`,
  ];
}

/** Resident memory of a process, MiB; NaN where there is no /proc. */
async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** On a server of its own, whose memory nothing has grown before. */
async function memoryCurve(directory: string): Promise<Row> {
  const server = await startServer(join(directory, "many"));
  try {
    return [`memory at ${MANY_TENANTS} tenants, MiB`, await curveOf(server)];
  } finally {
    await server.end();
  }
}

async function curveOf(server: ServerProcess): Promise<string> {
  const readings: string[] = [`0: ${(await residentMib(server.pid)).toFixed(0)}`];
  let next = MEMORY_EVERY;
  await applyConfirmed(server, fleetOf(MANY_TENANTS, "many"), async (line) => {
    if (line["type"] !== "progress" || Number(line["done"]) < next) return;
    readings.push(`${next}: ${(await residentMib(server.pid)).toFixed(0)}`);
    next += MEMORY_EVERY;
  });
  return readings.join(", ");
}

const script = `set -euo pipefail
while IFS= read -r tenant || [ -n "$tenant" ]; do
  [ -z "$tenant" ] && continue
  email="support-$tenant@rookery.localhost"
  "$NODE" "$ROOKERY" agent account get "$email" >/dev/null 2>&1 || "$NODE" "$ROOKERY" agent account create "$email" >/dev/null
done < "$TENANTS"
`;

/** Looks for each account before it makes it, as a loop must that may be run twice. @returns seconds */
async function shellLoop(server: ServerProcess, directory: string): Promise<number> {
  const tenants = join(directory, "tenants.txt");
  await writeFile(tenants, Array.from({ length: LOOP_TENANTS }, (_, index) => `loop-${index}\n`).join(""));
  const began = performance.now();
  const child = spawn("bash", ["-c", script], {
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE: process.execPath,
      ROOKERY: fileURLToPath(new URL("../bin/rookery.js", import.meta.url)),
      ROOKERY_BASE_URL: server.baseUrl,
      ROOKERY_API_KEY: server.rootKey,
      TENANTS: tenants,
    },
    stdio: "inherit",
  });
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`the loop ended with ${code}`);
  return (performance.now() - began) / 1000;
}

async function loopRow(server: ServerProcess, directory: string): Promise<Row> {
  const loop = await shellLoop(server, directory);
  const began = performance.now();
  await applyConfirmed(server, fleetOf(LOOP_TENANTS, "beside"));
  const fleet = (performance.now() - began) / 1000;
  return [
    `${LOOP_TENANTS} tenants by a shell loop, an inbox each`,
    `${loop.toFixed(1)} s; by the fleet, with all of a tenant: ${fleet.toFixed(2)} s, ${(loop / fleet).toFixed(0)} times faster`,
  ];
}

async function tenantRows(server: ServerProcess, directory: string): Promise<Row[]> {
  const document = fleetOf(TENANTS, "fleet");
  const changed = fleetOf(TENANTS, "fleet", (index) =>
    index % (TENANTS / DIFFERENCES) === 0 ? { name: "Changed" } : {},
  );
  const run = (title: string, work: () => Promise<Line>) => timed(server, directory, title, work);
  return [
    await run(`${TENANTS} tenants`, () => applyConfirmed(server, document)),
    await run("the same, nothing to do", () => applyConfirmed(server, document)),
    await run(`plan with ${DIFFERENCES} differences`, () => stream(server, "plan", { document: changed })),
    await run("status", () => stream(server, "status", undefined)),
  ];
}

/** @param only names of parts; all when empty */
export async function fleet(
  server: ServerProcess,
  directory: string,
  only: readonly string[] = [],
): Promise<Figures> {
  const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
    tenants: () => tenantRows(server, directory),
    loop: async () => [await loopRow(server, directory)],
    memory: async () => [await memoryCurve(directory)],
  };
  const unknown = only.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Error(`There is no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}.`);
  await applyConfirmed(server, fleetOf(250, "warm"));
  const rows: Row[] = [];
  for (const [name, part] of Object.entries(parts))
    if (only.length === 0 || only.includes(name)) rows.push(...(await part()));
  return {
    name: "fleet: POST /v0/fleet/apply of tenants of a pod, an inbox, two keys, a webhook, a policy and two rules",
    rows,
  };
}
