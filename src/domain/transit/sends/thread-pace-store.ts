/** SQL of how much was sent in a thread of late. */
import { sql } from "kysely";
import { inTheirPod, keyArray } from "../../../storage/by-key.ts";
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

interface RecentRow {
  readonly sent_at: Date[];
  readonly answers_automatic: boolean;
}

/** Reads `most` entries of an index and one row for each. */
export async function findRecentSends(
  tx: Tx,
  scope: Scope,
  asked: readonly PaceAsked[],
): Promise<readonly RecentSends[]> {
  const inPod = inTheirPod("m.pod_id", asked);
  const column = <Name extends keyof PaceAsked>(name: Name) => asked.map((one) => one[name]);
  const { rows } = await sql<RecentRow>`
    select array(select m.timestamp from messages as m
        where m.pod_id = asked.pod and m.thread_id = asked.thread and ${inPod}
          and m.direction = 'outbound' and m.timestamp > asked.since
        order by m.timestamp desc limit asked.most) as sent_at,
      exists (select from messages as m
        where m.pod_id = asked.pod and m.inbox_id is not distinct from asked.inbox and m.message_id = asked.answered and ${inPod}
        and m.automatic in ('bounce', 'auto_reply')) as answers_automatic
    from unnest(${keyArray(column("podId"), "uuid")}, ${keyArray(column("inboxId"), "uuid")}, ${keyArray(column("threadId"), "uuid")},
      ${keyArray(column("inReplyTo"), "text")}, ${keyArray(column("since"), "timestamptz")}, ${keyArray(column("most"), "integer")})
      with ordinality as asked (pod, inbox, thread, answered, since, most, place)
    order by asked.place`.execute(tx.within(scope));
  return rows.map((row) => ({ sentAt: row.sent_at, answersAutomatic: row.answers_automatic }));
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
