/** Changing an inbox: what of it is given changes, the rest stays. */
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context, InboxContext } from "../../door/context.ts";
import { attempt, Failure, fail } from "../../door/failures.ts";
import { checkAppPassword, storeAppPassword } from "./app-password.ts";
import { checkDisplayName } from "./display-name.ts";
import type { Inbox } from "./inbox.ts";
import { mergeMetadata } from "./metadata.ts";
import { pausedBy, resumedBy } from "./pausing.ts";
import { checkState } from "./plan.ts";
import { lockInbox, lockInboxes, updateInboxRows } from "./store.ts";
import { replaceWords } from "./words-store.ts";

export interface InboxChange {
  /** Empty or null: it has none. */
  readonly displayName?: string | null;
  /** Merged; null clears. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | null;
  readonly state?: string;
  /** Null removes it: IMAP and submission are closed to the inbox. */
  readonly appPassword?: string | null;
  /** Whether it is to be paused itself. */
  readonly paused?: boolean;
}

/** What is wrong with the change alone. @throws Failure input.invalid */
export function checkChange<Change extends InboxChange>(change: Change): Change {
  const { displayName, state, appPassword } = change;
  if (typeof displayName === "string") checkDisplayName(displayName);
  if (state !== undefined) checkState(state);
  if (typeof appPassword === "string") checkAppPassword(appPassword);
  return change;
}

/** @param change checked. @throws Failure scope.forbidden for a key that may not resume it */
export async function changeInbox(context: InboxContext, change: InboxChange): Promise<Inbox> {
  const { tx, scope, now, actor } = context;
  const found = await lockInbox(tx, scope, context.inbox.id);
  if (found === null) throw fail("inbox.not_found", { message: "Inbox not found" });
  context.changed([{ podId: found.podId, inboxId: found.id, target: found.address }]);
  const { appPassword, paused, ...said } = change;
  const { level } = actor.scope;
  const changed: Inbox = {
    ...withSaid(found, said),
    ...(paused === true && pausedBy(found, level, now)),
    ...(paused === false && resumedBy(found, level)),
    ...(Object.keys(change).length > 0 && { updatedAt: now }),
  };
  await updateInboxRows(tx, scope, [changed]);
  if (changed.displayName !== found.displayName) tx.beforeCommit(replaceWords(tx, scope, [changed]));
  if (appPassword !== undefined) await storeAppPassword(context, found, appPassword);
  return changed;
}

/** What callers say of an inbox, which needs nothing else. */
export type SaidOfInbox = Pick<InboxChange, "displayName" | "metadata" | "state">;

/** @throws Failure input.invalid for metadata that is too large then */
const withSaid = (found: Inbox, { displayName, metadata, state }: SaidOfInbox): Inbox => ({
  ...found,
  ...(displayName !== undefined && { displayName: displayName ?? "" }),
  ...(metadata !== undefined && { metadata: mergeMetadata(found.metadata, metadata) }),
  ...(state !== undefined && { state }),
});

/**
 * Changes what is said of inboxes of the context's scope, each once, in a number of statements that does not grow with them.
 * @param changes checked by `checkChange`
 * @returns for each what it is then, or why it stays: inbox.not_found, input.invalid, object.conflict while it moves
 */
export async function changeInboxes(
  context: Context,
  changes: readonly { readonly podId: string; readonly id: string; readonly change: SaidOfInbox }[],
): Promise<Outcome<Inbox>[]> {
  if (changes.length === 0) return [];
  const { tx, scope, now } = context;
  const found = new Map((await lockInboxes(tx, scope, changes)).map((inbox) => [inbox.id, inbox]));
  const outcomes = changes.map(({ id, change }): Outcome<Inbox> => {
    const inbox = found.get(id);
    if (inbox === undefined) return failed(fail("inbox.not_found", { message: "Inbox not found" }));
    if (inbox.movingTo !== null) return failed(isMoving());
    const changed = attempt(() => withSaid(inbox, change));
    return changed instanceof Failure ? failed(changed) : made({ ...changed, updatedAt: now });
  });
  const changed = thingsMade(outcomes);
  await updateInboxRows(tx, scope, changed);
  const renamed = changed.filter(({ id, displayName }) => found.get(id)?.displayName !== displayName);
  tx.beforeCommit(replaceWords(tx, scope, renamed));
  return outcomes;
}

const isMoving = () =>
  fail("object.conflict", { message: "The inbox is being moved to another pod", hint: "Try again later." });
