/** Rows of files, for those who count what is held. */
import { type RawBuilder, sql } from "kysely";

/** Rows of (pod_id, inbox_id, messages, threads, bytes) that add up to what inboxes hold in files, as their quota counts them. @param own condition on the rows of a scope */
export const heldInFiles = (own: RawBuilder<boolean>, at: Date): RawBuilder<unknown> => sql`
  select pod_id, inbox_id, 0 as messages, 0 as threads, size as bytes from files where ${own} and ends_at > ${at}::timestamptz`;
