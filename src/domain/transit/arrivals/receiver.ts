/**
 * The entry of received mail, from SMTP and from local delivery. Resolving a recipient and receiving are system
 * work: the sender of a mail has no key.
 */
import type { InboxTarget } from "../../door/access/index.ts";
import type { Failure } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import type { AskedAhead, EarlyVerdict } from "../../guardrails/rules/index.ts";
import type { SentCopies } from "../copies/index.ts";
import type { Judgement } from "./judge.ts";

/** One inbox that a mail is for, found at RCPT. */
export interface Recipient {
  readonly inbox: InboxTarget;
  readonly limits: MailLimits;
  /** The address as written, with its plus-tag. */
  readonly address: string;
  /** Under which the inbox was found: canonical, that of a catch-all for what it catches. */
  readonly name: string;
  /** What value lists said of the sender when it was looked up; absent where they were not asked. */
  readonly ahead?: AskedAhead | undefined;
  /** What its rules said of the envelope's sender, when one of them may block and none did. */
  readonly atRcpt?: JudgedAtRcpt;
}

export interface JudgedAtRcpt {
  /** The envelope's. */
  readonly sender: string;
  /** What all rules want for mail from it. */
  readonly early: EarlyVerdict;
  /** Of the row of the trail, which is stored with a mail whose header names another sender. */
  readonly id: string;
  /** Before value lists were asked. */
  readonly at: Date;
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
  /** Who handed it over by SMTP: the address of the connection, and the name in HELO. Mail without one is not judged. */
  readonly client?: { readonly address: string; readonly name: string };
  /** Set by the receiver, when it was judged. */
  readonly judgement?: Judgement;
  /** Set for mail sent by this server, whose millisecond time keeps a reply sorted after its original: a Date header has whole seconds. */
  readonly sentAt?: Date;
  /** Set for mail sent by this server: its queued copies, which are settled in the commit that stores it. */
  readonly sent?: SentCopies;
}

/** What is known of a mail at RCPT. */
export interface AnnouncedMail {
  /** MAIL FROM; empty for the null reverse-path, which names nobody to judge. */
  readonly envelopeFrom: string;
  /** As the client announces it; null: it does not. */
  readonly sizeBytes: number | null;
}

export interface Receiver {
  /**
   * The inbox of an address (exact, else without its plus-tag, else its domain's catch-all, else its postmaster), or null: SMTP then replies 550 5.1.1.
   * @param envelopeFrom of whom value lists are asked in the same round trip, where it is known yet
   */
  resolve(address: string, envelopeFrom?: string): Promise<Recipient | null>;
  /**
   * Holds a recipient against the limits of its inbox, then against the rules of its pod, before there is a mail.
   * @returns the recipient to receive for
   * @throws Failure message.too_large, limit.reached, storage.reached; rule.blocked, and guardrails.unavailable when the rules could
   * not be evaluated
   */
  admit(recipient: Recipient, announced: AnnouncedMail): Promise<Recipient>;
  /**
   * Stores the mail in every recipient's inbox with its thread, labels, event and jobs. Resolves only after COMMIT:
   * from then on nothing may lose it. Concurrent calls share a commit. A mail that an inbox already holds (same
   * Message-ID, author's fields and body) is recognised and not stored again; another under the same Message-ID is stored under
   * an id of its own. An inbox whose rules block it is passed over while another takes it: an answer to DATA is one for all. What an
   * inbox refuses for its size or attachments all refuse; but of mail sent by this server each refusal is told for itself.
   * Rejects when it was not stored in all that take it, with the refusal when every inbox refuses it, unless this server sent it; the sender then retries,
   * unless the failure is message.looping, message.too_large, attachment.refused or rule.blocked.
   */
  receive(mail: IncomingMail): Promise<Received>;
}

/** What became of a mail, by ids of its inboxes. One in neither was deleted since it was resolved. */
export interface Received {
  readonly stored: ReadonlySet<string>;
  /** Those that do not take it, and why. */
  readonly refused: ReadonlyMap<string, Failure>;
}
