/** The memory that a container may use, as its cgroup says (Linux; cgroups(7)). */
import { readFile } from "node:fs/promises";
import { posix } from "node:path";

/** Above it a number is version 1's way to write "no limit": the largest multiple of a page that fits 63 bits. */
const NO_LIMIT_BYTES = 2 ** 60;

/**
 * The narrowest limit of this process's cgroup and of those around it, each of which holds for it.
 * @param root of the file system
 * @returns bytes; null where there is no limit, or no cgroup
 */
export async function containerMemory(root = "/"): Promise<number | null> {
  const own = await readText(`${root}/proc/self/cgroup`);
  const limits = await Promise.all(filesOf(own).map(async (file) => limitIn(await readText(root + file))));
  const known = limits.filter((limit) => limit !== null);
  return known.length === 0 ? null : Math.min(...known);
}

const readText = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** Lines are `0::/path` for version 2, and `4:memory:/path` for version 1's memory controller. */
function filesOf(cgroups: string): string[] {
  return cgroups.split("\n").flatMap((line) => {
    const [, id, controllers = "", path = "/"] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (id === "0" && controllers === "")
      return placesFrom(path).map((place) => posix.join("/sys/fs/cgroup", place, "memory.max"));
    if (!controllers.split(",").includes("memory")) return [];
    return placesFrom(path).map((place) =>
      posix.join("/sys/fs/cgroup/memory", place, "memory.limit_in_bytes"),
    );
  });
}

/** The path and all above it. Inside a container without a namespace of its own the path is the host's: there the last is the container's own. */
function placesFrom(path: string): string[] {
  const places = [path];
  for (let at = path; at !== "/"; at = posix.dirname(at)) places.push(posix.dirname(at));
  return places;
}

function limitIn(text: string): number | null {
  const bytes = /^\d+$/.test(text.trim()) ? Number(text) : Number.POSITIVE_INFINITY;
  return bytes < NO_LIMIT_BYTES ? bytes : null;
}
