import type { Verdicts } from "../../../protocols/authentication/verdicts.ts";
import type { AutomaticKind } from "../../../protocols/mime/index.ts";
import type { Attachment } from "../attachments/index.ts";

/** Names a message within an inbox: by Message-ID, with or without its angle brackets, or by row id. */
export type MessageRef = { readonly messageId: string } | { readonly id: string };

/** The reference alone, out of an input that holds it. */
export const messageRefOf = (input: MessageRef): MessageRef =>
  "id" in input ? { id: input.id } : { messageId: input.messageId };

/** A message as one inbox holds it. Mail to three inboxes is three messages. */
export interface Message {
  /** Row id. Dialects that know a message by its Message-ID within the inbox never show it. */
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxId: string;
  /** Address of the inbox. */
  readonly inboxAddress: string;
  readonly threadId: string;
  /** Unique within the inbox: the Message-ID in its header, or an id of its own when another message of the inbox has that. */
  readonly messageId: string;
  /** The Message-ID in its header (RFC 5322 section 3.6.4), with its angle brackets: the one that answers name. */
  readonly sentMessageId: string;
  readonly direction: "inbound" | "outbound";
  readonly labels: readonly string[];
  /** Inbound: the Date header (arrival when it has none), and not before what it answers in the same second; outbound: acceptance. */
  readonly timestamp: Date;
  /** `Name <address>` or a bare address, as all address lists here. */
  readonly from: string;
  readonly replyTo: readonly string[];
  readonly to: readonly string[];
  readonly cc: readonly string[];
  /** Only on what this inbox sent itself. */
  readonly bcc: readonly string[];
  readonly subject: string | null;
  readonly preview: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Of received mail that was judged. */
  readonly authentication: Verdicts | null;
  /** Of received mail that a program sent, or sent on: why it is taken for that. Null for any other. */
  readonly automatic: AutomaticKind | null;
  /** Bytes of the raw message. */
  readonly size: number;
  readonly attachments: readonly Attachment[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What lists leave out. `text` comes from a text/plain part only; `extracted*` is without quoted history. */
export interface MessageBody {
  readonly text: string | null;
  readonly html: string | null;
  readonly extractedText: string | null;
  readonly extractedHtml: string | null;
}

export interface FullMessage extends Message, MessageBody {}
