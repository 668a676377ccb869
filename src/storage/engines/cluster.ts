/** The cluster (data files) of the embedded PostgreSQL: created once, owned by the account that it runs as. */
import { spawn } from "node:child_process";
import { chmod, chown, lstat, mkdtemp, open, readdir, readFile, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import type { Account } from "./account.ts";
import { type Binaries, majorVersion, program } from "./binaries.ts";
import { EngineError, EngineSetupError } from "./engine.ts";
import { fileError } from "./file-error.ts";
import { explainOutput } from "./server-output.ts";

/** Folders start so while initdb fills them. */
const DRAFT_PREFIX = "postgres.new.";
/** How much of initdb's output is kept, in characters: the reason of a failure comes last. */
const MAX_OUTPUT = 65_536;

/** Local connections only, trusted because the socket's folder has mode 0700; TCP is rejected even where a setting opens it. */
const INITDB_ARGUMENTS: readonly string[] = [
  "--username=postgres",
  "--auth-local=trust",
  "--auth-host=reject",
  "--encoding=UTF8",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--locale=C",
  "--no-instructions",
];

/**
 * The cluster's folder, created when missing: under a temporary name first, so that a kill leaves no partial cluster.
 * To be called under the directory's lock.
 * @throws EngineError on a full disk, a foreign version or owner, or whatever initdb says
 */
export async function prepareCluster(
  directory: string,
  binaries: Binaries,
  account: Account | null,
): Promise<string> {
  const cluster = join(directory, "postgres");
  try {
    if (await isCluster(cluster, majorVersion(binaries))) return cluster;
    await removeDrafts(directory);
    const draft = await mkdtemp(join(directory, DRAFT_PREFIX));
    await initialise(draft, directory, binaries, account);
    await rename(draft, cluster);
    // Again: the initdb of a killed Rookery may have been writing the first time.
    await removeDrafts(directory);
    await syncFolder(directory);
  } catch (error) {
    throw fileError(`PostgreSQL could not be set up in ${directory}`, error);
  }
  return cluster;
}

/** @throws EngineError when the path is no cluster, or one that these binaries or this account cannot use */
async function isCluster(cluster: string, version: string): Promise<boolean> {
  const place = await lstat(cluster).catch(() => null);
  if (place === null) return false;
  let found: string;
  try {
    found = (await readFile(join(cluster, "PG_VERSION"), "utf8")).trim();
  } catch (error) {
    if (codeOf(error) === "EACCES")
      throw new EngineSetupError(
        `${cluster} belongs to another account (uid ${place.uid}). Start Rookery as that account or as root, or set ROOKERY_DATA_DIR elsewhere.`,
        { cause: error },
      );
    throw new EngineSetupError(
      `${cluster} exists but is no PostgreSQL cluster. Move it away, or set ROOKERY_DATA_DIR elsewhere.`,
      { cause: error },
    );
  }
  if (found === version) return true;
  const advice =
    Number(found) > Number(version)
      ? `Start it with the newer Rookery that made it`
      : `Dump it with the Rookery that made it and load it into a new ROOKERY_DATA_DIR`;
  throw new EngineSetupError(
    `${cluster} was made by PostgreSQL ${found}, and this Rookery includes PostgreSQL ${version}. ${advice}, or set DATABASE_URL.`,
  );
}

/** Removes what a start that was killed left; what an initdb is still writing stays for the next start. */
async function removeDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (name.startsWith(DRAFT_PREFIX))
      await rm(join(directory, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
}

async function initialise(
  draft: string,
  directory: string,
  binaries: Binaries,
  account: Account | null,
): Promise<void> {
  await chmod(draft, 0o700);
  if (account !== null) await chown(draft, account.uid, account.gid);
  const args = ["-D", draft, ...INITDB_ARGUMENTS];
  const { code, output } = await runProgram(program(binaries, "initdb"), args, account, directory);
  if (code === 0) return;
  await rm(draft, { recursive: true, force: true });
  throw new EngineError(explainOutput(`PostgreSQL could not be set up in ${directory}`, output));
}

/** Runs a program to its end. @returns exit code (null: killed) and the end of what it printed */
function runProgram(
  command: string,
  args: readonly string[],
  account: Account | null,
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // Detached: Ctrl-C reaches the whole foreground group, and a cluster half made is of no use to an end in order.
    const child = spawn(command, args, {
      cwd,
      detached: true,
      env: { LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "pipe"],
      ...account,
    });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-MAX_OUTPUT);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** A rename is durable only after fsync of its folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns free bytes of the disks that hold a cluster's data files and its write-ahead log, which may be a link to another; 0 for what cannot be asked */
export const roomFor = (cluster: string): Promise<number[]> =>
  Promise.all(
    [cluster, join(cluster, "pg_wal")].map((folder) =>
      statfs(folder).then(
        ({ bavail, bsize }) => bavail * bsize,
        () => 0,
      ),
    ),
  );
