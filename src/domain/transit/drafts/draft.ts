/** A message of an inbox that was not sent: it may be incomplete, and be sent when its time comes (contract 10). */
import type { Actor } from "../../door/access/index.ts";
import type { FailCode } from "../../door/failures.ts";
import type { Text } from "../../door/text.ts";
import type { Attachment } from "../../mail/attachments/index.ts";

/** What it is to become: a message of a thread of its own, an answer, or another message passed on. */
export type DraftKind = "new" | "reply" | "forward";

/** Why a draft was not sent when its time came. */
export interface SendFailure {
  readonly code: FailCode;
  readonly message: Text;
  readonly hint: Text | null;
}

/** When a draft is to be sent, or was. */
export type Schedule =
  | {
      readonly status: "scheduled";
      readonly sendAt: Date;
      /** Labels of messages that the key did not see which scheduled it, or changed it since: it is sent as that key would. */
      readonly unseen: readonly string[];
    }
  | { readonly status: "failed"; readonly sendAt: Date; readonly failure: SendFailure };

/** The message that a draft answers or forwards, as it was when the draft was made. */
export interface Source {
  /** Row id. */
  readonly id: string;
  readonly threadId: string;
  readonly messageId: string;
}

/** A draft as lists show it. */
export interface Draft {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxId: string;
  /** Address of the inbox. */
  readonly inboxAddress: string;
  readonly kind: DraftKind;
  /** Null of a new message. */
  readonly source: Source | null;
  /** With `scheduled` while it is. */
  readonly labels: readonly string[];
  /** `Name <address>` or a bare address, as all address lists here. */
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string | null;
  readonly preview: string | null;
  readonly attachments: readonly Attachment[];
  /** Null: it is sent when somebody sends it. */
  readonly schedule: Schedule | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface FullDraft extends Draft {
  readonly clientId: string | null;
  readonly replyTo: readonly string[];
  readonly text: string | null;
  readonly html: string | null;
  /** Message-IDs that its References field will have, the one that it answers last. */
  readonly references: readonly string[];
}

/** Bytes of a draft's texts and files. */
export function sizeOf({
  text,
  html,
  attachments,
}: Pick<FullDraft, "text" | "html" | "attachments">): number {
  const texts = Buffer.byteLength(text ?? "") + Buffer.byteLength(html ?? "");
  return attachments.reduce((sum, { size }) => sum + size, texts);
}

/**
 * What a write is answered with: of a draft that was there before, to a key that may not read drafts, none of what it says. Else it would be
 * read by a change of nothing, or by its client_id.
 */
export function shownTo(actor: Actor, draft: FullDraft): FullDraft {
  if (actor.may("draft_read")) return draft;
  return {
    ...draft,
    ...{ source: null, to: [], cc: [], bcc: [], replyTo: [], references: [], attachments: [] },
    ...{ subject: null, preview: null, text: null, html: null },
  };
}
