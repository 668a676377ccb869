import { settlesWithin } from "../lib/settles-within.ts";

/** Milliseconds that a start still gets when it is asked to end: then what it began can be stopped in order. */
const GRACE_MS = 10_000;

/**
 * Waits for a start. One that is asked to end and goes on waiting, for a database that another process migrates or a file system
 * that does not answer, is given up.
 * @param ended resolves when the process is asked to end, with who asked
 * @param giveUp ends the process: nothing else ends what the start waits for
 * @throws what the start throws
 */
export async function startOrEnd<Running>(
  start: Promise<Running>,
  ended: Promise<string>,
  giveUp: (reason: string) => never,
): Promise<Running> {
  const isEnded = await Promise.race([start.then(() => false), ended.then(() => true)]);
  if (isEnded && !(await settlesWithin(GRACE_MS, start)))
    giveUp(
      `Ended by ${await ended} while it was starting. A built-in PostgreSQL that it left running is ended by the next start.`,
    );
  return start;
}
