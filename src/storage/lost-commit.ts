/**
 * What became of a transaction whose COMMIT got no answer. It is found out by inserting once more a row that the transaction
 * has inserted: PostgreSQL lets that wait until the transaction is over, and refuses the duplicate if it was committed. See
 * docs/decisions/0021-silent-lines.md.
 */
import { setTimeout as pause } from "node:timers/promises";

/** `unknown`: nobody could be asked in time. */
export type Fate = "committed" | "aborted" | "unknown";

/** How long an answer is looked for, milliseconds: a restart of PostgreSQL, or its end of a transaction that it thinks idle (5 s). */
const PATIENCE_MS = 10_000;
const ASK_AGAIN_MS = 100;
/** Milliseconds that one try may wait for the transaction's end. */
export const ONE_TRY_MS = 3000;

/** @param ask tries once; null when it has no answer yet. Must not throw */
export async function findFate(ask: () => Promise<Fate | null>): Promise<Fate> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const fate = await ask();
    if (fate !== null) return fate;
    if (performance.now() >= end) return "unknown";
    await pause(ASK_AGAIN_MS);
  }
}
