/** SQL of the words of inboxes, and of looking for inboxes by them. */
import { sql } from "kysely";
import { anyOf, insertion, inTheirPod, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope, SystemScope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import type { Inbox } from "./inbox.ts";
import { columns, inboxOf } from "./rows.ts";
import { wordsOfInbox } from "./words.ts";

type Named = Pick<Inbox, "podId" | "id" | "organizationId" | "address" | "displayName" | "createdAt">;

/** Adds the words of inboxes that have none, or whose words were deleted. */
export async function insertWords(tx: Tx, scope: AnyScope, inboxes: readonly Named[]): Promise<void> {
  const rows = inboxes.flatMap((inbox) =>
    wordsOfInbox(inbox).map((word) => ({
      pod_id: inbox.podId,
      inbox_id: inbox.id,
      word,
      organization_id: inbox.organizationId,
      created_at: inbox.createdAt,
    })),
  );
  if (rows.length === 0) return;
  const once = sql`on conflict (pod_id, inbox_id, word) do nothing returning 1`;
  await insertion("inbox_words", rows, once).execute(tx.within(scope));
}

/** Writes the words of inboxes anew, which the caller has locked. */
export async function replaceWords(tx: Tx, scope: Scope, inboxes: readonly Named[]): Promise<void> {
  if (inboxes.length === 0) return;
  const query = tx
    .within(scope)
    .deleteFrom("inbox_words")
    .where("pod_id", "=", anyOf([...new Set(inboxes.map(({ podId }) => podId))]))
    .where("inbox_id", "=", anyOf(inboxes.map(({ id }) => id)))
    .where(inTheirPod("pod_id", inboxes));
  await Promise.all([query.execute(), insertWords(tx, scope, inboxes)]);
}

/** The last character there is: a word that begins with a text comes before that text with it behind. */
const LAST_CHARACTER = "\u{10ffff}";

/**
 * A page of inboxes of the scope, the newest first, each of which has for every beginning a word with it. One with the address `without` is
 * left out. The longest beginning is looked up by the index; the others are asked of what it gives.
 */
export async function findByWords(
  tx: Tx,
  scope: Scope,
  beginnings: readonly string[],
  without: string,
  page: PageRequest,
): Promise<Inbox[]> {
  const [first, ...others] = beginnings.toSorted((a, b) => b.length - a.length);
  if (first === undefined) return [];
  let query = tx
    .within(scope)
    .selectFrom("inbox_words as found")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.pod_id", "=", "found.pod_id").onRef("inboxes.id", "=", "found.inbox_id"),
    )
    .where("found.word", ">=", first)
    .where("found.word", "<", first + LAST_CHARACTER)
    .where("inboxes.moving_from", "is", null)
    .where("inboxes.address", "<>", without)
    .distinctOn(["found.created_at", "found.inbox_id"])
    .select(["found.created_at as made_at", "found.inbox_id as inbox_id"])
    .select(columns.map((column) => `inboxes.${column}` as const));
  query =
    scope.podId === null
      ? query.where("found.organization_id", "=", scope.organizationId)
      : query.where("found.pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("found.inbox_id", "=", scope.inboxId);
  for (const other of others)
    query = query.where(
      sql<boolean>`exists (select from inbox_words as w where w.pod_id = found.pod_id and w.inbox_id = found.inbox_id
        and w.word >= ${other} and w.word < ${other + LAST_CHARACTER})`,
    );
  return (await keyset(query, ["found.created_at", "found.inbox_id"], page).execute()).map(inboxOf);
}

/** Inboxes without words, at most `most`: those that a version made which knew of none. */
export async function findWordless(tx: Tx, scope: SystemScope, most: number): Promise<Inbox[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("moving_from", "is", null)
    .where("moving_to", "is", null)
    .where(
      sql<boolean>`not exists (select from inbox_words as w where w.pod_id = inboxes.pod_id and w.inbox_id = inboxes.id)`,
    )
    .select(columns)
    .limit(most)
    .execute();
  return rows.map(inboxOf);
}
