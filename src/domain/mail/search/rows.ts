/** Rows by which a stored message is indexed, and counted until then, for those who store it. */
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

/** A message as the queue knows it. */
export interface QueuedMessage {
  readonly podId: string;
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
  /** Octets of its raw message. */
  readonly size: number;
}

/**
 * Has messages indexed, and counted among what their inboxes hold. In the transaction that stores them: none is forgotten, and what is not
 * stored is neither. @param starting ids of those that begin a thread
 */
export function queueForSearch(
  tx: Tx,
  scope: AnyScope,
  messages: readonly QueuedMessage[],
  starting: ReadonlySet<string>,
): Promise<unknown> {
  const rows = messages.map(({ podId, id, organizationId, inboxId, size }) => ({
    pod_id: podId,
    id,
    organization_id: organizationId,
    inbox_id: inboxId,
    threads: starting.has(id) ? 1 : 0,
    bytes: size,
  }));
  return insertion("search_queue", rows).execute(tx.within(scope));
}
