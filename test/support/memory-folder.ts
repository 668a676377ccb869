/** A folder for temporary files that lies in memory. */
import { readFileSync, statfsSync } from "node:fs";

const FOLDER = "/dev/shm";
/** A dozen data directories of 50 to 100 MB at a time, the run's PostgreSQL, and as much again. A container has 64 MB there unless told otherwise. */
const LEAST_BYTES = 4 * 1024 ** 3;

/**
 * Files of a data directory are made and deleted by the thousand: a disk's file system takes 0.2 to 0.6 s of CPU for a copy of one, memory 0.1 s.
 * No process that is killed loses what it wrote, here or there.
 * @returns null where there is none, or too little of it, or programs in it cannot be run
 */
export function memoryFolder(): string | null {
  try {
    const mount = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .find((line) => line.split(" ")[1] === FOLDER);
    const options = mount?.split(" ")[3]?.split(",");
    if (options === undefined || options.includes("noexec")) return null;
    const { bavail, bsize } = statfsSync(FOLDER);
    return bavail * bsize < LEAST_BYTES ? null : FOLDER;
  } catch {
    // No Linux.
    return null;
  }
}
