/**
 * Commits a mail for very many inboxes in pieces, while other tenants are there: a group of sixty copies is as long as the mail
 * behind it waits. When a piece fails the mail as a whole does, and its sender comes again: the inboxes that have it know it.
 */
import { Failure } from "../../door/failures.ts";
import { MAX_SHARED_COPIES } from "../../limits.ts";
import type { Arrival } from "./arrival.ts";
import type { Ingested } from "./ingest.ts";

/**
 * @param commit commits one piece
 * @returns what became of all of them @throws Failure inbox.not_found when none of the mail's inboxes exists; and as `commit` does
 */
export async function inPieces(
  arrival: Arrival,
  commit: (piece: Arrival) => Promise<Ingested>,
): Promise<Ingested> {
  const { mail } = arrival;
  const living = new Set<string>();
  const refused = new Map<string, Failure>();
  let gone: Failure | null = null;
  for (let from = 0; from < mail.recipients.length; from += MAX_SHARED_COPIES) {
    const recipients = mail.recipients.slice(from, from + MAX_SHARED_COPIES);
    try {
      const piece = await commit({ ...arrival, mail: { ...mail, recipients } });
      for (const id of piece.living) living.add(id);
      for (const [id, refusal] of piece.refused) refused.set(id, refusal);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "inbox.not_found") throw error;
      gone = error;
    }
  }
  if (living.size === 0 && gone !== null) throw gone;
  return { living, refused };
}

/** False for mail sent here, whose copies are settled in one commit: it has fifty of them at most. */
export const hasPieces = ({ mail }: Arrival): boolean =>
  mail.sent === undefined && mail.recipients.length > MAX_SHARED_COPIES;
