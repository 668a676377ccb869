/** What rules look at of a message that is stored already. */
import { parseReceivedAddress } from "../../../protocols/address/index.ts";
import { arrivalFrom, partyOf, type Subject } from "./subject.ts";

/** Address lists as messages have them, with display names. */
export interface StoredMail {
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly inReplyTo: string | null;
}

const addressOf = (text: string): string | null => parseReceivedAddress(text)?.address ?? null;

/** Of mail that arrived the sender in its header, which stood for the envelope's when there was none. */
export function storedSubject({ direction, from, inReplyTo, ...mail }: StoredMail): Subject {
  const sender = addressOf(from);
  if (direction === "inbound") return arrivalFrom(sender);
  const recipients = [...mail.to, ...mail.cc, ...mail.bcc].flatMap((text) => addressOf(text) ?? []);
  return {
    from: sender === null ? null : partyOf(sender),
    recipients: [...new Set(recipients)].map(partyOf),
    outboundType: inReplyTo === null ? "compose" : "reply",
  };
}
