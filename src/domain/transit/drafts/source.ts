/** What a draft takes from the message that it answers or forwards: when it is made, and when it is sent. */

import { forwardSubject, replySubject } from "../../../protocols/mime/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { mayRead } from "../../mail/labels/index.ts";
import { findMessages, type Message, requireMessage, requireMessageHead } from "../../mail/messages/index.ts";
import { lockThreads } from "../../mail/thread-state/index.ts";
import {
  type CheckedOutgoing,
  newThread,
  replyRecipients,
  replyRef,
  type ThreadRef,
  withOriginal,
} from "../sends/index.ts";
import type { FullDraft, Source } from "./draft.ts";

/** The message that a draft is to answer or forward, as its caller names it. */
export interface NamedSource {
  readonly kind: "reply" | "forward";
  readonly messageId: string;
  /** To everybody whom it went to. */
  readonly toAll: boolean;
}

export interface SourceInput {
  /** Message id of what it answers. */
  readonly inReplyTo?: string;
  /** Message id of what it passes on. */
  readonly forwardOf?: string;
  readonly replyAll: boolean;
}

/**
 * @param named whether the caller names recipients
 * @throws Failure input.invalid for what excludes each other
 */
export function checkSource(
  { inReplyTo, forwardOf, replyAll }: SourceInput,
  { named }: { readonly named: boolean },
): NamedSource | null {
  if (inReplyTo !== undefined && forwardOf !== undefined)
    throw invalid(
      ["forwardOf"],
      says`${field("inReplyTo")} and ${field("forwardOf")} cannot be combined`,
      "A draft answers a message, or forwards one.",
    );
  if (replyAll && inReplyTo === undefined)
    throw invalid(["replyAll"], says`${field("replyAll")} needs ${field("inReplyTo")}`);
  if (replyAll && named)
    throw invalid(
      ["replyAll"],
      says`${field("replyAll")} cannot be combined with ${field("to")}, ${field("cc")}, or ${field("bcc")}`,
    );
  if (inReplyTo !== undefined) return { kind: "reply", messageId: inReplyTo, toAll: replyAll };
  return forwardOf === undefined ? null : { kind: "forward", messageId: forwardOf, toAll: false };
}

/** Content with what follows from the source, where the caller left it open. */
export interface Filled {
  readonly outgoing: CheckedOutgoing;
  readonly source: Source | null;
  readonly references: readonly string[];
}

/** @throws Failure object.not_found when the source is not there, or the key may not see it */
export async function filledFrom(
  context: InboxContext,
  outgoing: CheckedOutgoing,
  named: NamedSource | null,
): Promise<Filled> {
  if (named === null) return { outgoing, source: null, references: [] };
  const original = await requireMessageHead(context, { messageId: named.messageId });
  const { id, threadId, messageId } = original;
  const isOpen = outgoing.to.length + outgoing.cc.length + outgoing.bcc.length === 0;
  const recipients =
    named.kind === "reply" && isOpen ? replyRecipients(original, context.inbox.address, named.toAll) : {};
  const subjectOf = named.kind === "reply" ? replySubject : forwardSubject;
  const subject = outgoing.subject ?? subjectOf(original.subject);
  return {
    outgoing: { ...outgoing, ...recipients, subject },
    source: { id, threadId, messageId },
    references: replyRef(original).references,
  };
}

/** What is sent of a draft, and in which thread. */
export interface Completed {
  readonly outgoing: CheckedOutgoing;
  readonly threadRef: ThreadRef;
}

/**
 * Adds the original to a forward. An answer whose original was deleted meanwhile is one all the same: its recipients have the original.
 * @throws Failure object.not_found for a forward of what is no longer there, or what the key may not see
 */
export async function completed(
  context: InboxContext,
  draft: FullDraft,
  outgoing: CheckedOutgoing,
): Promise<Completed> {
  const { source } = draft;
  if (source === null) return { outgoing, threadRef: newThread };
  if (draft.kind === "forward") {
    const original = await requireMessage(context, { id: source.id }, { withFiles: true });
    return {
      outgoing: await withOriginal(context, outgoing, original),
      threadRef: replyRef(original),
    };
  }
  const original = await findVisible(context, source);
  const threadRef = original === null ? await threadLeft(context, draft, source) : replyRef(original);
  return { outgoing, threadRef };
}

async function findVisible(
  { tx, scope, inbox, actor }: InboxContext,
  { id }: Source,
): Promise<Message | null> {
  const [found] = await findMessages(tx, scope, inbox, { ids: [id] });
  return found !== undefined && mayRead(actor, found.labels) ? found : null;
}

/** The thread of a message that is gone, if it is there yet. */
async function threadLeft(
  { tx, scope, inbox }: InboxContext,
  { references }: FullDraft,
  { threadId }: Source,
): Promise<ThreadRef> {
  const [thread] = await lockThreads(tx, scope, [{ podId: inbox.podId, id: threadId }]);
  return { threadId: thread?.id ?? null, inReplyTo: references.at(-1) ?? null, references };
}
