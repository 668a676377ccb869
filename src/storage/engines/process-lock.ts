/**
 * One Rookery per data directory. The lock names a process by id and start time, so that an id that the system gave to
 * somebody else since then does not count.
 */
import { execFile } from "node:child_process";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { codeOf } from "./binaries.ts";
import { EngineError } from "./engine.ts";

const run = promisify(execFile);

/** When a process started, as text that only compares; null when there is no such process. */
export async function startedAt(pid: number): Promise<string | null> {
  try {
    if (process.platform === "linux") {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      // Fields behind the command, which is in parentheses and may hold spaces: state is the 1st, start time the 20th.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? null : (fields[19] ?? null);
    }
    const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)]);
    return stdout.trim() === "" ? null : stdout.trim();
  } catch {
    return null;
  }
}

/**
 * Takes the lock of a directory. A lock left by a process that is gone is taken over.
 * @returns a function that gives it back
 * @throws EngineError naming the process that holds it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "rookery.lock");
  const mine = `${process.pid} ${await startedAt(process.pid)}\n`;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, mine);
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        // link() fails when the name exists, and the file has its content from its first moment on.
        await link(draft, path);
        return () => rm(path, { force: true });
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      await removeStale(path, directory);
    }
  } finally {
    await unlink(draft);
  }
  throw new EngineError(
    `Another Rookery is starting on ${directory}. Wait for it, or give this one another ROOKERY_DATA_DIR.`,
  );
}

async function removeStale(path: string, directory: string): Promise<void> {
  const [pid, since] = (await readFile(path, "utf8").catch(() => "")).trim().split(" ", 2);
  const running = pid === undefined || pid === "" ? null : await startedAt(Number(pid));
  if (running !== null && running === since)
    throw new EngineError(
      `Another Rookery (process ${pid}) is running on ${directory}. Stop it, or give this one another ROOKERY_DATA_DIR.`,
    );
  // Renamed before it is removed: of two that find the same stale lock, one moves it and the other finds nothing.
  await rename(path, `${path}.stale.${process.pid}`).catch(() => undefined);
  await rm(`${path}.stale.${process.pid}`, { force: true });
}
