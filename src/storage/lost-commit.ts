/**
 * What became of a transaction whose COMMIT got no answer. It is found out by inserting once more a row that the transaction
 * has inserted: PostgreSQL lets that wait until the transaction is over, and refuses the duplicate if it was committed. See
 * docs/decisions/0021-silent-lines.md.
 */
import { setTimeout as pause } from "node:timers/promises";
import { isDuplicate } from "./errors.ts";

/** `unknown`: nobody could be asked in time. */
export type Fate = "committed" | "aborted" | "unknown";

/** How long an answer is looked for, milliseconds: a restart of PostgreSQL, or its end of a transaction that it thinks idle (5 s). */
const PATIENCE_MS = 10_000;
const ASK_AGAIN_MS = 100;
/** Milliseconds that one try may wait for the transaction's end. */
const ONE_TRY_MS = 3000;

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

/** What an attempt needs of a transaction. */
interface Asking {
  isRunning(backend: number): Promise<boolean>;
}

export interface TriedProof<Tx extends Asking> {
  /** Inserts the row. */
  readonly proof: (tx: Tx) => Promise<unknown>;
  /** Of the transaction that got no answer. */
  readonly backend: number;
}

/** Takes back what the proof has inserted. */
class NotThere extends Error {}

/**
 * Tries the proof.
 * @param run runs it in a transaction whose statements may take so many milliseconds
 * @returns null when it says nothing: the transaction goes on, or nobody answers
 */
export async function tryProof<Tx extends Asking>(
  { proof, backend }: TriedProof<Tx>,
  run: (attempt: (tx: Tx) => Promise<void>, statementMs: number) => Promise<unknown>,
): Promise<Fate | null> {
  const attempt = async (tx: Tx): Promise<void> => {
    // It may have more statements to run that it received before the connection was lost, COMMIT among them.
    if (await tx.isRunning(backend)) return;
    await proof(tx);
    throw new NotThere();
  };
  try {
    await run(attempt, ONE_TRY_MS);
    return null;
  } catch (error) {
    if (error instanceof NotThere) return "aborted";
    return isDuplicate(error) ? "committed" : null;
  }
}
