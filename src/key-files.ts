/** Secrets of an installation that live in files of the data directory: made once, readable by their owner alone. */
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The content of a file, made when missing. Two processes that start at once end up with the same content.
 * @returns the content without white space around it, and whether this call made it
 */
export async function readOrMake(
  directory: string,
  name: string,
  make: () => string,
): Promise<{ content: string; made: boolean }> {
  const path = join(directory, name);
  const found = await readFile(path, "utf8").catch(() => null);
  if (found !== null) return { content: found.trim(), made: false };
  await mkdir(directory, { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${make()}\n`, { mode: 0o600 });
  // link() fails when somebody else was first; theirs counts.
  const won = await link(draft, path).then(
    () => true,
    () => false,
  );
  await unlink(draft);
  return { content: (await readFile(path, "utf8")).trim(), made: won };
}
