/** SQL of Idempotency-Keys: what a send answered, for as long as a client may ask again. */
import { sql } from "kysely";
import { inTheirPod } from "../../../storage/by-key.ts";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { IDEMPOTENCY_HOURS } from "../../limits.ts";
import { hex } from "../../mail/blobs/rows.ts";
import type { Sent } from "./store-sent.ts";

/** A key of an inbox, as it is used now. */
export interface UsedKey {
  readonly podId: string;
  readonly inboxId: string;
  readonly organizationId: string;
  readonly key: string;
}

/** The first answer under a key. */
export interface FirstAnswer {
  readonly fingerprint: Buffer;
  readonly result: Sent;
}

interface AnswerRow {
  readonly inbox_id: string;
  readonly key: string;
  readonly fingerprint: Buffer;
  readonly result: unknown;
}

/** Keys that were used before are no longer known. By PostgreSQL's clock: of two processes whose clocks differ by more, each would send what the other has sent. */
const expiry = sql.raw(`now() - interval '${IDEMPOTENCY_HOURS} hours'`);
/** As PostgreSQL reads a time: that of its transaction. */
const NOW = "now";

const nameOf = ({ inboxId, key }: Pick<UsedKey, "inboxId" | "key">): string => `${inboxId} ${key}`;

/** Has those who use a key of an inbox at the same moment take turns until the end of the transaction. @returns true, when it is its turn */
export async function takeTurnOfKey(tx: Tx, scope: Scope, used: UsedKey): Promise<true> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${nameOf(used)}, ${TURN_SEED}))`.execute(
    tx.within(scope),
  );
  return true;
}

/** The same without waiting. @returns false for a key that somebody else uses now */
export async function takeFreeTurns(
  tx: Tx,
  scope: Scope,
  keys: readonly UsedKey[],
): Promise<readonly boolean[]> {
  const { rows } = await sql<{ is_free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(key.name, ${TURN_SEED})) as is_free
    from unnest(${keys.map(nameOf)}::text[]) with ordinality as key (name, at) order by key.at`.execute(
    tx.within(scope),
  );
  return rows.map(({ is_free }) => is_free);
}

/** Tells these advisory locks apart from others over texts. */
const TURN_SEED = sql.lit(1907062);

/** The first answers under keys; null for one that is not in use. */
export async function findFirstAnswers(
  tx: Tx,
  scope: Scope,
  keys: readonly UsedKey[],
): Promise<readonly (FirstAnswer | null)[]> {
  // An index look-up for each: asked for as a set, they are found by reading all that the pod has.
  const { rows } = await sql<AnswerRow>`
    select found.* from unnest(${keys.map(({ podId }) => podId)}::uuid[], ${keys.map(({ inboxId }) => inboxId)}::uuid[],
      ${keys.map(({ key }) => key)}::text[]) as asked (pod, inbox, key)
    cross join lateral (select inbox_id, key, fingerprint, result from idempotency_keys as k
      where k.pod_id = asked.pod and k.inbox_id = asked.inbox and k.key = asked.key and ${inTheirPod("k.pod_id", keys)}
        and k.created_at >= ${expiry}
      limit 1) as found`.execute(tx.within(scope));
  const known = new Map(rows.map((row) => [nameOf({ inboxId: row.inbox_id, key: row.key }), row]));
  return keys.map((asked) => {
    const row = known.get(nameOf(asked));
    if (row === undefined) return null;
    // Cast: `result` is what rememberAnswers wrote.
    return { fingerprint: row.fingerprint, result: row.result as Sent };
  });
}

/** Keeps first answers under their keys. @returns false for a key that somebody else used meanwhile */
export async function rememberAnswers(
  tx: Tx,
  scope: Scope,
  answers: readonly (UsedKey & FirstAnswer)[],
): Promise<readonly boolean[]> {
  const values = answers.map(({ podId, inboxId, organizationId, key, fingerprint, result }) => ({
    ...{ pod_id: podId, key, organization_id: organizationId, inbox_id: inboxId },
    ...{ fingerprint: hex(fingerprint), result, created_at: NOW },
  }));
  const { rows } = await insertion<{ inbox_id: string; key: string }>(
    "idempotency_keys",
    values,
    sql`on conflict (pod_id, inbox_id, key) do update set fingerprint = excluded.fingerprint, result = excluded.result,
      created_at = excluded.created_at where idempotency_keys.created_at < ${expiry} returning inbox_id, key`,
  ).execute(tx.within(scope));
  const kept = new Set(rows.map((row) => nameOf({ inboxId: row.inbox_id, key: row.key })));
  return answers.map((answer) => kept.has(nameOf(answer)));
}
