/** Rows by which a stored message is indexed, for those who store it. */
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

/** A message as the queue knows it. */
export interface QueuedMessage {
  readonly podId: string;
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
}

/** Has messages indexed. In the transaction that stores them: none is forgotten, and what is not stored is not indexed. */
export function queueForSearch(
  tx: Tx,
  scope: AnyScope,
  messages: readonly QueuedMessage[],
): Promise<unknown> {
  const rows = messages.map(({ podId, id, organizationId, inboxId }) => ({
    pod_id: podId,
    id,
    organization_id: organizationId,
    inbox_id: inboxId,
  }));
  return insertion("search_queue", rows).execute(tx.within(scope));
}
