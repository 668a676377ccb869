/** Secrets of an installation that live in files of the data directory: made once, readable by their owner alone. */
import { link, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./lib/error-code.ts";
import { StartError } from "./start-error.ts";

/**
 * The content of a file, made when missing. Processes that start at once end up with the same content.
 * @returns the content without white space around it, and whether this call made it
 * @throws StartError when the file is there but empty or cannot be read
 */
export async function readOrMake(
  directory: string,
  name: string,
  make: () => string | Promise<string>,
): Promise<{ content: string; made: boolean }> {
  const path = join(directory, name);
  const found = await read(path);
  if (found !== null) return { content: found, made: false };
  const content = await make();
  await mkdir(directory, { recursive: true });
  // A folder of its own: containers that share the directory all have the same process id.
  const draft = await mkdtemp(join(directory, "making-"));
  try {
    // Flushed, because a file that is there but empty after a power cut would count as the key.
    await writeFile(join(draft, name), `${content}\n`, { mode: 0o600, flush: true });
    await link(join(draft, name), path);
    return { content, made: true };
  } catch (error) {
    // Somebody else was first; theirs counts.
    const theirs = codeOf(error) === "EEXIST" ? await read(path) : null;
    if (theirs === null) throw error;
    return { content: theirs, made: false };
  } finally {
    await rm(draft, { recursive: true });
  }
}

async function read(path: string): Promise<string | null> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const code = codeOf(error);
    if (code === "ENOENT") return null;
    throw new StartError(
      `${path} cannot be read (${code || String(error)}). Make it readable for the account that Rookery runs as.`,
    );
  });
  if (text?.trim() === "")
    throw new StartError(
      `${path} is empty. Restore it from a backup; or, when there is none, delete it and a new one is made.`,
    );
  return text?.trim() ?? null;
}
