import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "./error-code.ts";

/**
 * Makes a directory and those above it that are missing. Node's own recursive mkdir never ends where a file system says of a
 * folder in a directory that exists that there is no such place, as /proc does; this one asks once for each.
 * @param path absolute
 * @param mode of each one made
 * @returns the topmost that was made; null when it was there
 * @throws the system's error, such as EEXIST (a file) or EACCES
 */
export async function makeDirectory(path: string, mode: number): Promise<string | null> {
  if (await isDirectory(path)) return null;
  const above = dirname(path);
  const topmost = above === path ? null : await makeDirectory(above, mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process was first.
    if (codeOf(error) === "EEXIST" && (await isDirectory(path))) return topmost;
    throw error;
  }
  return topmost ?? path;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}
