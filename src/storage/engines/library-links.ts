/** The library symlinks that the PostgreSQL package's install script would create: npm may be configured to run no scripts. */
import { lstat, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { EngineError } from "./engine.ts";

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Creates the missing links of the package's native/pg-symlinks.json. Safe for concurrent processes; a complete folder is
 * not written to.
 * @param root folder of the package
 * @throws EngineError when a link is missing and cannot be made
 */
export async function completeLinks(root: string): Promise<void> {
  const list = await readFile(join(root, "native/pg-symlinks.json"), "utf8").catch(() => "[]");
  // Cast: the package's own list of { source, target }, both relative to its root.
  const links = JSON.parse(list) as Link[];
  for (const { source, target } of links) {
    const at = join(root, target);
    if ((await lstat(at).catch(() => null)) !== null) continue;
    try {
      await mkdir(dirname(at), { recursive: true });
      await symlinkOnce(relative(dirname(at), join(root, source)), at);
    } catch (error) {
      throw new EngineError(
        `The built-in PostgreSQL in ${root} lacks ${target}, and it cannot be made there (${codeOf(error)}). Make the folder writable for one start, run \`npm rebuild\` as its owner, or set DATABASE_URL.`,
        { cause: error },
      );
    }
  }
}

async function symlinkOnce(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    // Another process made it since we looked.
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
