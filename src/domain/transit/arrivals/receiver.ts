/**
 * The entry of received mail, from SMTP and from local delivery. Resolving a recipient and receiving are system
 * work: the sender of a mail has no key.
 */
import type { InboxTarget } from "../../door/access/index.ts";
import type { SentCopies } from "../copies/index.ts";

/** One inbox that a mail is for, found at RCPT. */
export interface Recipient {
  readonly inbox: InboxTarget;
  /** The address as written, with its plus-tag. */
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
  /** Set for mail sent by this server, whose millisecond time keeps a reply sorted after its original: a Date header has whole seconds. */
  readonly sentAt?: Date;
  /** Set for mail sent by this server: its queued copies, which are settled in the commit that stores it. */
  readonly sent?: SentCopies;
}

export interface Receiver {
  /** The inbox of an address (exact, else without its plus-tag, else its domain's postmaster), or null: SMTP then replies 550 5.1.1. */
  resolve(address: string): Promise<Recipient | null>;
  /**
   * Stores the mail in every recipient's inbox with its thread, labels, event and jobs. Resolves only after COMMIT:
   * from then on nothing may lose it. Concurrent calls share a commit. A mail that an inbox already holds (same
   * Message-ID, author's fields and body) is recognised and not stored again; another under the same Message-ID is stored under
   * an id of its own. Rejects when nothing was stored; the sender then retries, unless
   * the failure is message.looping.
   * @returns ids of the inboxes that stored it: one may have been deleted since it was resolved
   */
  receive(mail: IncomingMail): Promise<ReadonlySet<string>>;
}
