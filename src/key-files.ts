/** Secrets of an installation that live in files of the data directory: made once, readable by their owner alone. */
import { link, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./lib/error-code.ts";
import { makeDirectory } from "./lib/make-directory.ts";
import { SetupError, StartError } from "./start-error.ts";

/** A secret's file: its name, what it must hold, and the way on without it. */
export interface KeyFile {
  readonly name: string;
  readonly form: RegExp;
  /** What `form` takes, in words. */
  readonly takes: string;
  /** What to do when the file is broken and there is no backup. */
  readonly whenLost: string;
}

export const sealKeyFile: KeyFile = {
  name: "seal.key",
  form: /^[0-9a-f]{64}$/i,
  takes: "64 hex digits",
  whenLost:
    "If it is permanently lost, delete the file and run `rookery reset-seal-key`, which says what going on without it takes, and does it.",
};

export const rootKeyFile: KeyFile = {
  name: "root.key",
  form: /^am_(?!eu_)[\w-]{20,}$/,
  takes: "am_ and at least 20 letters or digits, not am_eu_",
  whenLost:
    "If it is lost, delete the file and start again, which says how to have a new one; or set ROOKERY_API_KEY.",
};

/**
 * The content of a file, without white space around it; null when there is none.
 * @throws SetupError when the file is broken or cannot be read: taking it for absent would put a new secret in its place
 */
export async function readKeyFile(directory: string, file: KeyFile): Promise<string | null> {
  const path = join(directory, file.name);
  const restore = `Restore it from a backup. ${file.whenLost}`;
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const code = codeOf(error);
    // Below a file: making it says what is wrong there.
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "EISDIR")
      throw new SetupError(`${path} is a directory and not a file. ${restore}`, { cause: error });
    throw new SetupError(
      `${path} cannot be read (${code || String(error)}). Make it readable for the account that Rookery runs as.`,
      { cause: error },
    );
  });
  if (text === null) return null;
  const secret = text.trim();
  if (secret === "") throw new SetupError(`${path} is empty. ${restore}`);
  // What it holds may be most of the secret, so it is not repeated.
  if (!file.form.test(secret)) throw new SetupError(`${path} is damaged: it takes ${file.takes}. ${restore}`);
  return secret;
}

/**
 * Writes a file that is not there yet, and its directory. Processes that do so at once end up with the same content.
 * @returns the content of the file: of another process, when that was first
 * @throws StartError when it cannot be written
 */
export async function makeKeyFile(directory: string, file: KeyFile, content: string): Promise<string> {
  const { name } = file;
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
    const theirs = codeOf(error) === "EEXIST" ? await readKeyFile(directory, file) : null;
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
