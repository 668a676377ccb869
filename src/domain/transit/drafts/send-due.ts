/**
 * Sends the drafts of a pod whose time has come, a turn's worth of them, one after the other. Each is sent in the transaction that deletes
 * it, so that a process that dies has done both or neither.
 */
import type { Database } from "../../../storage/db.ts";
import { type Actor, systemActor } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { type FailCode, Failure, fail, type Warn } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { SendFailure } from "./draft.ts";
import { type DueDraft, listDue } from "./due-store.ts";
import { MAX_DRAFT_TRIES, MAX_DUE_DRAFTS } from "./limits.ts";
import { sendLocked } from "./send.ts";
import { lockDraft, putOff, saveFailure } from "./store.ts";

export interface SendDueParts {
  readonly door: Door;
  /** Where the organization of the pod is looked up. */
  readonly database: Database;
  readonly warn: Warn;
}

/** In audit rows and logs. */
const PART = "scheduled drafts";

/**
 * Two calls at once for a pod send nothing twice.
 * @param isOurs whether this process is to do it
 * @returns whether the pod has more that is due
 */
export async function sendDueDrafts(
  parts: SendDueParts,
  podId: string,
  isOurs: Promise<boolean> | true = true,
): Promise<boolean> {
  const [actor, maySend] = await Promise.all([systemActor(parts.database, PART, { podId }), isOurs]);
  if (actor === null || !maySend) return false;
  const due = await parts.door.run(takeDue, actor, {}, { podId });
  for (const draft of due.slice(0, MAX_DUE_DRAFTS)) await sendOne(parts, actor, podId, draft);
  return due.length > MAX_DUE_DRAFTS;
}

const takeDue = operation({
  name: "draft.take",
  needs: "system",
  on: "any",
  kind: "read",
  run: ({ tx, scope }, { podId }: { readonly podId: string }): Promise<DueDraft[]> =>
    listDue(tx, scope, podId, MAX_DUE_DRAFTS + 1),
});

const sendDue = operation({
  name: "draft.send_due",
  needs: "system",
  on: "inbox",
  kind: "write",
  async run(context, { draftId }: { readonly draftId: string }): Promise<void> {
    const { tx, scope, inbox } = context;
    const draft = await lockDraft(tx, scope, inbox, draftId, { due: true, room: context.room });
    // Sent, changed or deleted since it was found, or on its way: whoever has it locked says what becomes of it.
    if (draft === null || draft === "busy") return;
    const { schedule } = draft;
    if (schedule?.status !== "scheduled") throw new Error("a draft that is due is scheduled");
    const sender = { ...context, actor: context.actor.withoutSight(schedule.unseen) };
    await sendLocked(sender, draft, { addLabels: [], removeLabels: [] });
  },
});

/** What passes without the draft being changed: the same send may succeed later. */
const passing: ReadonlySet<FailCode> = new Set<FailCode>([
  "service.unavailable",
  "service.full",
  "guardrails.unavailable",
  // The inbox is on its way to another pod.
  "object.conflict",
]);

async function sendOne(
  { door, warn }: SendDueParts,
  actor: Actor,
  podId: string,
  { id, inboxId }: DueDraft,
): Promise<void> {
  try {
    await door.run(sendDue, actor, { inbox: { id: inboxId } }, { draftId: id });
  } catch (error) {
    if (error instanceof Failure && error.code === "inbox.not_found") return;
    if (error instanceof Failure && !passing.has(error.code)) {
      await door.run(failDue, actor, {}, { podId, draftId: id, failure: reasonOf(error) });
      return;
    }
    warn("a scheduled draft was not sent and is tried again", error);
    await door.run(putOffDue, actor, {}, { podId, draftId: id });
  }
}

const reasonOf = ({ code, details }: Failure): SendFailure => ({
  code,
  message: details.message,
  hint: details.hint ?? null,
});

interface Failing {
  readonly podId: string;
  readonly draftId: string;
}

/** Keeps a draft that was refused, with the reason: it is not tried again by itself (contract 10). */
const failDue = operation({
  name: "draft.fail",
  needs: "system",
  on: "any",
  kind: "write",
  async run(
    context,
    { podId, draftId, failure }: Failing & { readonly failure: SendFailure },
  ): Promise<void> {
    const { tx, scope, now } = context;
    context.target(draftId);
    await saveFailure(tx, scope, podId, draftId, failure, now);
  },
});

const putOffDue = operation({
  name: "draft.defer",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run({ tx, scope, now }, { podId, draftId }: Failing): Promise<void> {
    const tries = await putOff(tx, scope, podId, draftId);
    if (tries === null || tries < MAX_DRAFT_TRIES) return;
    await saveFailure(tx, scope, podId, draftId, reasonOf(givenUp()), now);
  },
});

const givenUp = (): Failure =>
  fail("service.unavailable", {
    message: "The server could not send the draft when its time came",
    hint: "Schedule it anew, or send it.",
  });
