/** The bytes that an inbox holds, where a limit has them counted. */
import { type RawBuilder, sql } from "kysely";

/**
 * A statement that deletes mail and takes its bytes off the count, of which there is none for most inboxes. Lock threads before it:
 * counts are locked last by everybody. @param deletion deletes messages or threads of a pod, without `returning`
 */
export const releasingStorage = (deletion: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  with gone as (${deletion} returning pod_id, inbox_id, size),
    freed as (select pod_id, inbox_id, sum(size) as bytes from gone group by pod_id, inbox_id)
  update storage_counts as held set bytes = held.bytes - freed.bytes from freed
  where held.pod_id = freed.pod_id and held.inbox_id = freed.inbox_id`;
