/** Looks through a mail for line ends that servers disagree on, with turns of the event loop for everybody else. */
import { bareLineFeedIn } from "../../protocols/smtp/wire-form.ts";
import { SMTP_BYTES_LOOKED_THROUGH } from "./limits.ts";

/**
 * @param pause between two pieces of a long mail
 * @returns the octet of the first LF without CR before it; null: each has one
 */
export async function findBareLineFeed(raw: Buffer, pause: () => Promise<unknown>): Promise<number | null> {
  for (let from = 0; from < raw.length; from += SMTP_BYTES_LOOKED_THROUGH) {
    if (from > 0) await pause();
    const at = bareLineFeedIn(raw, from, from + SMTP_BYTES_LOOKED_THROUGH);
    if (at !== null) return at;
  }
  return null;
}
