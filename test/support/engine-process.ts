/** Drives engine-child.ts: an embedded engine that tests may kill, run as another account, or run from a copy of the sources. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { EngineConnection } from "../../src/storage/engines/engine.ts";

export interface EngineProcess {
  readonly child: ChildProcess;
  readonly connection: EngineConnection;
  /** Everything it said on the way, a line each. */
  readonly lines: () => string[];
  /** kill -9, at once: PostgreSQL stays behind. */
  kill(): Promise<void>;
  /** Orderly; the exit code. */
  end(): Promise<number | null>;
}

export interface ChildOptions {
  /** Another account, for a test that runs as root. */
  readonly uid?: number;
  readonly gid?: number;
  /** Folder of the sources; default: these. */
  readonly root?: string;
}

const here = fileURLToPath(new URL("../..", import.meta.url));

/** Starts the child in a process group of its own; does not wait. */
export function spawnEngine(dataDir: string, { root = here, ...account }: ChildOptions = {}): ChildProcess {
  return spawn(process.execPath, [join(root, "test/support/engine-child.ts"), dataDir], {
    cwd: "/",
    detached: true,
    env: {
      PATH: process.env["PATH"] ?? "",
      // Half of what such a start costs is the loading of code.
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
    },
    stdio: ["pipe", "pipe", "pipe"],
    ...account,
  });
}

/** Starts the child and waits for its answer: the engine, or the sentence with which it refused. */
export async function startEngine(
  dataDir: string,
  options: ChildOptions = {},
): Promise<EngineProcess | string> {
  const child = spawnEngine(dataDir, options);
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const answer = await firstLine(child);
  if (answer === null) throw new Error(`the child ended without an answer: ${errors}`);
  if (answer.failed !== undefined) {
    if (!/^Engine(Setup)?Error$/.test(answer.kind ?? ""))
      throw new Error(`not an EngineError but ${answer.kind}: ${answer.failed}`);
    return answer.failed;
  }
  if (answer.ready === undefined) throw new Error("the child said neither ready nor failed");
  return {
    child,
    connection: answer.ready,
    lines: () => errors.split("\n").filter((line) => line !== ""),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async end() {
      child.stdin?.end();
      return ended;
    },
  };
}

/** As startEngine, where the test cannot go on without the engine. */
export async function mustStart(dataDir: string, options: ChildOptions = {}): Promise<EngineProcess> {
  const engine = await startEngine(dataDir, options);
  if (typeof engine === "string") throw new Error(engine);
  return engine;
}

interface Answer {
  readonly ready?: EngineConnection;
  readonly failed?: string;
  readonly kind?: string;
}

function firstLine(child: ChildProcess): Promise<Answer | null> {
  let output = "";
  return new Promise((resolve) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("\n")) resolve(JSON.parse(output.split("\n")[0] ?? "") as Answer);
    });
    child.once("close", () => resolve(null));
  });
}

/** Runs one statement and ends the connection. */
export async function query(
  connection: EngineConnection,
  statement: string,
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connection);
  // Of an engine that crashes meanwhile: the statement fails as well, and without a listener the event would fail the whole run.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Process id of the PostgreSQL on a data directory. */
export async function postgresPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, "postgres/postmaster.pid"), "utf8")).split("\n")[0]);
}

/** A folder open to every account, removed by the given hook. */
export async function temporaryFolder(after: (end: () => Promise<void>) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rookery-engine-"));
  await chmod(folder, 0o755);
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
