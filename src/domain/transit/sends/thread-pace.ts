/**
 * Two programs that answer each other go on for ever, and each mail of theirs costs both money. What an inbox sends in one thread is
 * bounded, so that such a loop ends. See docs/decisions/0044-automatic-mail.md.
 */
import { insertAudit, insertEvents } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { MAX_SENDS_AFTER_AUTOMATIC, THREAD_PACE_MS } from "./limits.ts";
import { findRecentSends, markLoopCut } from "./thread-pace-store.ts";

/** A message on its way into a thread that is there. */
export interface JoiningSend {
  readonly threadId: string;
  /** Message-ID that it answers; null: it names none. */
  readonly inReplyTo: string | null;
}

/**
 * Exact when started behind the statement that locks the thread, which may be one for several: what other sends in it wrote is
 * committed then. The refusal leaves an
 * event and an audit row, one an hour of each thread at most.
 * @throws Failure limit.reached
 */
export async function checkThreadPace(
  context: InboxContext,
  { threadId, inReplyTo }: JoiningSend,
): Promise<void> {
  const { tx, scope, inbox, now, installation } = context;
  const { threadSendsPerHour: most } = installation;
  const since = new Date(now.getTime() - THREAD_PACE_MS);
  const asked = { podId: inbox.podId, inboxId: inbox.id, threadId, inReplyTo, since, most };
  const { sentAt, answersAutomatic } = await tx.together(findRecentSends, scope, asked);
  const allowed = answersAutomatic ? Math.min(most, MAX_SENDS_AFTER_AUTOMATIC) : most;
  const freeing = sentAt[allowed - 1];
  if (freeing === undefined) return;
  leaveTrail(context, threadId, { sent: sentAt.length, allowed, answersAutomatic });
  throw tooMany(allowed, answersAutomatic, new Date(freeing.getTime() + THREAD_PACE_MS));
}

interface Cut {
  readonly sent: number;
  readonly allowed: number;
  readonly answersAutomatic: boolean;
}

function leaveTrail(context: InboxContext, threadId: string, cut: Cut): void {
  const { inbox, actor, now, newId } = context;
  const { podId, organizationId, id: inboxId } = inbox;
  const home = { organizationId, podId, inboxId, at: now };
  context.onRefusal(async (tx, scope) => {
    const isFirst = await markLoopCut(tx, scope, {
      podId,
      threadId,
      now,
      before: new Date(now.getTime() - THREAD_PACE_MS),
    });
    if (!isFirst) return;
    const type = "thread.loop_cut";
    const data = { threadId, inbox: inbox.address, ...cut };
    await Promise.all([
      insertEvents(tx, scope, [{ ...home, id: newId(), type, messageUuid: null, data }]),
      insertAudit(tx, scope, [
        { ...home, id: newId(), actor: actor.name, keyId: actor.keyId, operation: type, target: threadId },
      ]),
    ]);
  });
}

function tooMany(allowed: number, answersAutomatic: boolean, resetAt: Date): Failure {
  const why = answersAutomatic ? ", and the message it answers was sent by a program" : "";
  return fail("limit.reached", {
    message: `Too many messages in one thread: ${allowed} were sent in it within an hour${why}; until ${resetAt.toISOString()}`,
    hint: "Programs that answer each other never end: do not answer messages labelled automatic. Send what is meant in a new thread, or try again then.",
    limit: { resource: "threadSendsPerHour", count: allowed, used: allowed, resetAt },
  });
}
