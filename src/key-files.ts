/** Secrets of an installation that live in files of the data directory: made once, readable by their owner alone. */
import { link, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./lib/error-code.ts";
import { makeDirectory } from "./lib/make-directory.ts";
import { SetupError, StartError } from "./start-error.ts";

/**
 * The content of a file, without white space around it; null when there is none.
 * @throws SetupError when the file is empty or cannot be read
 */
export async function readKeyFile(directory: string, name: string): Promise<string | null> {
  const path = join(directory, name);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const code = codeOf(error);
    // Below a file: making it says what is wrong there.
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new SetupError(
      `${path} cannot be read (${code || String(error)}). Make it readable for the account that Rookery runs as.`,
      { cause: error },
    );
  });
  if (text?.trim() === "")
    throw new SetupError(
      `${path} is empty. Restore it from a backup; or, when there is none, delete it and start again.`,
    );
  return text?.trim() ?? null;
}

/**
 * Writes a file that is not there yet, and its directory. Processes that do so at once end up with the same content.
 * @returns the content of the file: of another process, when that was first
 * @throws StartError when it cannot be written
 */
export async function makeKeyFile(directory: string, name: string, content: string): Promise<string> {
  try {
    await makeDirectory(directory, 0o700);
    // A folder of its own: containers that share the directory all have the same process id.
    const draft = await mkdtemp(join(directory, "making-"));
    try {
      // Flushed, because a file that is there but empty after a power cut would count as the key.
      await writeFile(join(draft, name), `${content}\n`, { mode: 0o600, flush: true });
      await link(join(draft, name), join(directory, name));
      return content;
    } finally {
      await rm(draft, { recursive: true });
    }
  } catch (error) {
    const theirs = codeOf(error) === "EEXIST" ? await readKeyFile(directory, name) : null;
    if (theirs !== null) return theirs;
    throw notWritten(directory, name, error);
  }
}

function notWritten(directory: string, name: string, error: unknown): StartError {
  const code = codeOf(error);
  const says = `${join(directory, name)} cannot be written (${code || String(error)}).`;
  return /^(ENOSPC|EDQUOT)$/.test(code)
    ? new StartError(`${says} Free some space on that disk.`, { cause: error })
    : new SetupError(
        `${says} Set ROOKERY_DATA_DIR to a directory that this account may write, and that is kept.`,
        { cause: error },
      );
}
