/** SQL that reads the searched parts of messages. */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { Document } from "./document.ts";
import {
  MAX_SEARCHED_CHARACTERS,
  MAX_SEARCHED_HTML,
  MAX_SEARCHED_NAME,
  MAX_SEARCHED_NAMES,
} from "./limits.ts";

/** Names a message. */
export interface MessageKey {
  readonly podId: string;
  readonly id: string;
}

/** Those that are there, in no order. */
export async function findDocuments(
  tx: Tx,
  scope: AnyScope,
  keys: readonly MessageKey[],
): Promise<Document[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<Document>`
    select m.pod_id as "podId", m.id, m.organization_id as "organizationId", m.inbox_id as "inboxId", m.thread_id as "threadId",
      m.timestamp, left(m.sender, ${MAX_SEARCHED_NAME}) as "from", left(m.subject, ${MAX_SEARCHED_CHARACTERS}) as subject,
      array(select left(name, ${MAX_SEARCHED_NAME}) from unnest((m."to" || m.cc || m.bcc)[1:${sql.lit(MAX_SEARCHED_NAMES)}]) as name) as recipients,
      left(coalesce(m.extracted_text, m.text), ${MAX_SEARCHED_CHARACTERS}) as text,
      case when m.text is null then left(coalesce(m.extracted_html, m.html), ${MAX_SEARCHED_HTML}) end as html,
      case when m.attachment_count = 0 then '{}' else array(select left(a.filename, ${MAX_SEARCHED_NAME}) from attachments as a
        where a.pod_id = m.pod_id and a.message_uuid = m.id and a.filename is not null
        order by a.position limit ${MAX_SEARCHED_NAMES}) end as filenames
    from messages as m
    where ${byKey("m", keys)}`.execute(tx.within(scope));
  return rows;
}
