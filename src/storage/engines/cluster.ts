/** The files of the built-in PostgreSQL: made once, owned by somebody who is not root. */
import { spawn } from "node:child_process";
import {
  access,
  chmod,
  chown,
  constants,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Binaries, codeOf } from "./binaries.ts";
import { EngineError } from "./engine.ts";

/** Who PostgreSQL runs as; null: as ourselves. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root lends it an account without rights. */
export async function chooseAccount(): Promise<RunAs | null> {
  if (process.getuid?.() !== 0) return null;
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const entry = lines.find(([name]) => name === "postgres") ?? lines.find(([name]) => name === "nobody");
  return { uid: Number(entry?.[2] ?? 65534), gid: Number(entry?.[3] ?? 65534) };
}

/**
 * Makes the data directory, and checks that the account can reach it.
 * @throws EngineError when it is a file, cannot be written, or lies below a folder closed to the account
 */
export async function prepareDirectory(directory: string, runAs: RunAs | null): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!(await stat(directory)).isDirectory())
      throw new EngineError(`${directory} is not a directory. Set ROOKERY_DATA_DIR to one.`);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      `The data directory ${directory} cannot be used (${codeOf(error)}). Check its owner and rights, or set ROOKERY_DATA_DIR.`,
      { cause: error },
    );
  }
  if (runAs === null) return;
  // Our own directory we may open: passing through shows nothing, and what is in it guards itself.
  const { mode: own } = await stat(directory);
  if ((own & 0o001) === 0) await chmod(directory, (own & 0o777) | 0o011);
  for (let folder = directory; folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid } = await stat(folder);
    if (uid !== runAs.uid && (mode & 0o001) === 0)
      throw new EngineError(
        `PostgreSQL does not run as root, and the account it runs as (uid ${runAs.uid}) may not enter ${folder}. Run Rookery as an ordinary user, open the folder with \`chmod o+x\`, or set ROOKERY_DATA_DIR elsewhere.`,
      );
  }
}

/** Runs a program to its end. @returns exit code and what it printed, 64 KB at most of it */
async function runProgram(
  command: string,
  args: readonly string[],
  runAs: RunAs | null,
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "pipe"],
      ...runAs,
    });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-65_536);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/**
 * The cluster's folder, made when missing: under another name first, so that a kill halfway leaves nothing that looks whole.
 * @throws EngineError on a full disk, a foreign version, or whatever initdb says
 */
export async function prepareCluster(
  directory: string,
  binaries: Binaries,
  runAs: RunAs | null,
  version: string,
): Promise<string> {
  const cluster = join(directory, "postgres");
  const found = await readFile(join(cluster, "PG_VERSION"), "utf8").catch(() => null);
  if (found !== null) {
    if (found.trim() !== version)
      throw new EngineError(
        `${cluster} was made by PostgreSQL ${found.trim()}, this Rookery brings ${version}. Dump it with the old version and load it into the new one, or set DATABASE_URL.`,
      );
    return cluster;
  }
  for (const name of await readdir(directory))
    if (name.startsWith("postgres.new.")) await rm(join(directory, name), { recursive: true, force: true });
  if ((await lstat(cluster).catch(() => null)) !== null)
    throw new EngineError(
      `${cluster} exists but is no PostgreSQL cluster. Move it away, or set ROOKERY_DATA_DIR elsewhere.`,
    );
  const fresh = join(directory, `postgres.new.${process.pid}`);
  await mkdir(fresh, { mode: 0o700 });
  if (runAs !== null) await chown(fresh, runAs.uid, runAs.gid);
  await chmod(fresh, 0o700);
  const args = [
    "-D",
    fresh,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
  ];
  const { code, output } = await runProgram(binaries.initdb, args, runAs, directory);
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw new EngineError(explain(`PostgreSQL could not be set up in ${directory}`, output));
  }
  await rename(fresh, cluster);
  return cluster;
}

/** One sentence of what PostgreSQL printed. */
export function explain(what: string, output: string): string {
  if (/No space left on device/i.test(output))
    return `${what}: the disk is full. Free some space, or set ROOKERY_DATA_DIR elsewhere.`;
  const lines = output.split("\n").filter((line) => /FATAL|PANIC|error|could not/i.test(line));
  return `${what}: ${(lines.at(-1) ?? output.trim().split("\n").at(-1) ?? "no reason given").trim()}`;
}
