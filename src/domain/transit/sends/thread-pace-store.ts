/** SQL of how much was sent in a thread of late. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

export interface PaceAsked {
  readonly podId: string;
  readonly inboxId: string;
  readonly threadId: string;
  /** Message-ID that is answered; null: none is named. */
  readonly inReplyTo: string | null;
  readonly since: Date;
  /** Rows of interest at most. */
  readonly most: number;
}

export interface RecentSends {
  /** When messages were sent in the thread, the newest first. */
  readonly sentAt: readonly Date[];
  /** Whether what is answered is a bounce or the answer of a program. */
  readonly answersAutomatic: boolean;
}

/** Reads `most` entries of an index and one row. */
export async function findRecentSends(tx: Tx, scope: Scope, asked: PaceAsked): Promise<RecentSends> {
  const { podId, inboxId, threadId, inReplyTo, since, most } = asked;
  const { rows } = await sql<{ sent_at: Date[]; answers_automatic: boolean }>`
    select array(select timestamp from messages
        where pod_id = ${podId} and thread_id = ${threadId} and direction = 'outbound' and timestamp > ${since}
        order by timestamp desc limit ${most}) as sent_at,
      exists (select from messages where pod_id = ${podId} and inbox_id = ${inboxId} and message_id = ${inReplyTo}
        and automatic in ('bounce', 'auto_reply')) as answers_automatic`.execute(tx.within(scope));
  const [row] = rows;
  return { sentAt: row?.sent_at ?? [], answersAutomatic: row?.answers_automatic === true };
}

/** False when that was done after `before` already, or the thread is gone. */
export async function markLoopCut(
  tx: Tx,
  scope: Scope,
  {
    podId,
    threadId,
    now,
    before,
  }: { readonly podId: string; readonly threadId: string; readonly now: Date; readonly before: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update threads set loop_cut_at = ${now}
    where pod_id = ${podId} and id = ${threadId} and (loop_cut_at is null or loop_cut_at <= ${before})
    returning id`.execute(tx.within(scope));
  return rows.length > 0;
}
