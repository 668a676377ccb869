import { settlesWithin } from "../lib/settles-within.ts";
import type { Engine } from "../storage/engines/engine.ts";
import { endRequest } from "./end-request.ts";
import { type CommandParts, errorLine } from "./parts.ts";

/** Milliseconds for a PostgreSQL that is being started to have started: then it can be stopped in order. */
const START_MS = 6000;
/** Milliseconds for an end after which the next start has nothing to recover. */
const STOP_MS = 3000;

/**
 * Runs a command that works on the database without a server. Asked to end before it is done, the process stops the PostgreSQL
 * that it has started, which left running would be found by the next start as another's, and ends with 1. What a database of
 * the operator's is doing for it is rolled back there.
 * @param command told, by calling what it is given, of the engine that it opens
 */
export async function untilEnded<Result>(
  parts: CommandParts,
  command: (onOpening: (engine: Promise<Engine>) => void) => Promise<Result>,
): Promise<Result> {
  const ended = endRequest(parts.environment);
  let opening: Promise<Engine> | null = null;
  const work = command((engine) => {
    opening = engine;
  });
  const isDone = await Promise.race([
    work.then(
      () => true,
      () => true,
    ),
    ended.then(() => false),
  ]);
  if (isDone) return work;
  // Its statements fail now, which nobody waits for any more.
  work.catch(() => undefined);
  const stopped = stopWhenOpen(opening);
  await settlesWithin(START_MS + STOP_MS, stopped);
  parts.tell(errorLine(`Ended by ${await ended} before it was done.`));
  process.exit(1);
}

async function stopWhenOpen(opening: Promise<Engine> | null): Promise<void> {
  const engine = await opening?.catch(() => null);
  await engine?.stop(STOP_MS);
}
