/**
 * What mail that arrives is handed to, by SMTP and by local delivery. Resolving a recipient and receiving are system
 * work: whoever sends mail has no key.
 */
import type { InboxTarget } from "../../door/access/index.ts";

/** One inbox that a mail is for, found at RCPT. */
export interface Recipient {
  readonly inbox: InboxTarget;
  /** The address as it was written, plus-tag and all. */
  readonly address: string;
}

/** A whole mail with the inboxes it is for, which may lie in several pods. */
export interface IncomingMail {
  /** RFC 5322 bytes as the sender gave them, without the SMTP dot-stuffing. */
  readonly raw: Uint8Array;
  /** The trace fields to store before them (RFC 5321 section 4.4), each with its CRLF; empty for local delivery. */
  readonly trace: string;
  readonly recipients: readonly Recipient[];
  /** MAIL FROM; empty for the null reverse-path. */
  readonly envelopeFrom: string;
  readonly receivedAt: Date;
  /** Known where it was sent from here. The Date header has no fractions of a second: an answer would stand before its question. */
  readonly sentAt?: Date;
}

export interface Receiver {
  /** The inbox an address belongs to (exact, else without its plus-tag), or null: SMTP then says 550 5.1.1. */
  resolve(address: string): Promise<Recipient | null>;
  /**
   * Stores the mail in every recipient's inbox with its thread, labels, event and jobs. Resolves only after COMMIT:
   * from then on nothing may lose it. Concurrent calls share a commit. A mail that an inbox already holds (same
   * Message-ID) is recognised and not stored again. Rejects when nothing was stored; the sender then tries again, unless
   * the failure is message.looping.
   * @returns ids of the inboxes that have it: one may have been deleted since it was resolved
   */
  receive(mail: IncomingMail): Promise<ReadonlySet<string>>;
}
