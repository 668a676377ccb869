/**
 * One Rookery per data directory. The lock is a file that names its holder; it is created by link(2), which is atomic: it
 * fails when the name exists, and the content is complete from the start. A stale lock is replaced only by the holder of its
 * guard (a lock of the same kind, on the lock), so that of all processes that find it stale exactly one takes over.
 */
import { link, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { EngineError } from "./engine.ts";
import { fileError } from "./file-error.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";

/** Attempts while the lock disappears between two reads; each needs another process to end in that instant. */
const MAX_ATTEMPTS = 20;
/** Guards on guards: each level needs a kill within the microseconds that the level below it was held. */
const MAX_GUARDS = 4;

/**
 * Acquires the lock of a directory; a stale one is taken over.
 * @returns a function that releases it
 * @throws EngineError naming the process that holds it, or why the lock cannot be written
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "rookery.lock");
  const mine = format(await identityOf(process.pid));
  let drafts: string | null = null;
  try {
    drafts = await mkdtemp(`${path}.`);
    const draft = join(drafts, "draft");
    await writeFile(draft, mine);
    await acquire(path, draft, directory, 0);
  } catch (error) {
    throw fileError(`The data directory ${directory} cannot be locked`, error);
  } finally {
    if (drafts !== null) await rm(drafts, { recursive: true, force: true });
  }
  return async () => {
    if ((await readFile(path, "utf8").catch(() => "")) === mine) await rm(path, { force: true });
  };
}

async function acquire(path: string, draft: string, directory: string, guards: number): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (await linked(draft, path)) return;
    if (!(await isStale(path, directory))) continue;
    if (guards === MAX_GUARDS) break;
    const guard = `${path}+`;
    await acquire(guard, draft, directory, guards + 1);
    try {
      // Only the guard's holder replaces a stale lock, so it cannot change between this look and the rename.
      if (!(await isStale(path, directory))) continue;
      const copy = `${draft}.${guards}`;
      await link(draft, copy);
      await rename(copy, path);
      return;
    } finally {
      await rm(guard, { force: true });
    }
  }
  throw new EngineError(
    `Other Rookery processes keep starting and stopping on ${directory}. Stop them and remove ${path}, or set ROOKERY_DATA_DIR elsewhere.`,
  );
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * True when the lock's holder is gone; false when there is no lock any more.
 * @throws EngineError when its holder runs
 */
async function isStale(path: string, directory: string): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
  const holder = parse(text);
  if (holder !== null && (await isRunning(holder)))
    throw new EngineError(
      `Another Rookery (process ${holder.pid}) is using ${directory}. Stop it, or give this one another ROOKERY_DATA_DIR.`,
    );
  return true;
}

function format(identity: ProcessIdentity | null): string {
  const { pid, boot, start } = identity ?? { pid: process.pid, boot: "-", start: "-" };
  return `${pid} ${boot} ${start}\n`;
}

/** Null for an incomplete file: a power cut may leave an empty one. */
function parse(text: string): ProcessIdentity | null {
  const [pid, boot, start] = text.trim().split(" ");
  if (pid === undefined || boot === undefined || start === undefined) return null;
  return { pid: Number(pid), boot, start };
}
