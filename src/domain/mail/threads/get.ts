import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { type Cursor, type PageRequest, pageOf } from "../../door/cursor.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { hiddenLabels, mayRead } from "../labels/index.ts";
import { type FullMessage, listThreadMessages } from "../messages/index.ts";
import { findSeenAttachments, findSeenHead, findThreadHead } from "./store.ts";
import type { Thread, ThreadHead } from "./thread.ts";

/** Made for every way a thread can be absent. */
export const noThread = () =>
  fail("object.not_found", { message: "Thread not found", hint: "List threads to see their ids." });

/** A thread to change as a whole. @throws Failure object.not_found, also for a foreign, malformed one, or one of which something is hidden */
export async function requireThread({ tx, scope, actor }: Context, id: string): Promise<ThreadHead> {
  const thread = isUuid(id) ? await findThreadHead(tx, scope, id) : null;
  if (thread === null || !mayRead(actor, thread.labels)) throw noThread();
  return thread;
}

/**
 * The thread as far as the key may see its messages: what it adds up to is of those alone.
 * @throws Failure object.not_found as above; also when it may see none
 */
export async function requireSeenThread({ tx, scope, actor }: Context, id: string): Promise<ThreadHead> {
  const thread = isUuid(id) ? await findThreadHead(tx, scope, id) : null;
  if (thread === null) throw noThread();
  if (mayRead(actor, thread.labels)) return thread;
  const seen = await findSeenHead(tx, scope, thread, actor.unseenLabels);
  if (seen === null) throw noThread();
  return seen;
}

export interface ThreadPage {
  readonly thread: Thread;
  /** Oldest first within the page. */
  readonly messages: readonly FullMessage[];
  /** Leads to the next older page. */
  readonly next: Cursor | null;
}

/** A thread with a page of its messages: the newest ones first, and within a page in the order of the conversation. */
export const getThread = operation({
  name: "thread.get",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, input: { readonly threadId: string; readonly page: PageRequest }): Promise<ThreadPage> {
    const { tx, scope, actor, room } = context;
    const head = await requireSeenThread(context, input.threadId);
    const everything = { spam: true, blocked: true, unauthenticated: true, trash: true };
    const request = { ...input.page, ascending: false };
    const [{ rows, fitting }, attachments] = await Promise.all([
      listThreadMessages(tx, scope, head, hiddenLabels(actor, everything), request, room),
      findSeenAttachments(tx, scope, head, actor.unseenLabels),
    ]);
    const page = pageOf(rows, fitting, (message) => [message.timestamp, message.id]);
    return { thread: { ...head, attachments }, messages: page.items.toReversed(), next: page.next };
  },
});
