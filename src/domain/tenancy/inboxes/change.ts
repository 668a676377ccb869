/** Changing an inbox: what of it is given changes, the rest stays. */
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { checkAppPassword, storeAppPassword } from "./app-password.ts";
import { checkDisplayName } from "./display-name.ts";
import type { Inbox } from "./inbox.ts";
import { mergeMetadata } from "./metadata.ts";
import { pausedBy, resumedBy } from "./pausing.ts";
import { checkState } from "./plan.ts";
import { lockInbox, updateInboxRow } from "./store.ts";

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
  const { displayName, metadata, state, appPassword, paused } = change;
  const { level } = actor.scope;
  const changed: Inbox = {
    ...found,
    ...(displayName !== undefined && { displayName: displayName ?? "" }),
    ...(metadata !== undefined && { metadata: mergeMetadata(found.metadata, metadata) }),
    ...(state !== undefined && { state }),
    ...(paused === true && pausedBy(found, level, now)),
    ...(paused === false && resumedBy(found, level)),
    ...(Object.keys(change).length > 0 && { updatedAt: now }),
  };
  await updateInboxRow(tx, scope, changed);
  if (appPassword !== undefined) await storeAppPassword(context, found, appPassword);
  return changed;
}
