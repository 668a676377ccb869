/** SQL of the words of inboxes, and of looking for inboxes by them. */
import { type RawBuilder, sql } from "kysely";
import { inTheirPod } from "../../../storage/by-key.ts";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope, SystemScope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import type { Inbox } from "./inbox.ts";
import { MAX_WORDS_LOOKED_UP } from "./limits.ts";
import { columns, type InboxRow, inboxOf } from "./rows.ts";
import { wordsOfInbox } from "./words.ts";

type Named = Pick<Inbox, "podId" | "id" | "organizationId" | "address" | "displayName" | "createdAt">;

/** Adds the words of inboxes that have none, where nobody else does: they are new, or locked. @param ending as of an insertion */
export async function insertWords(
  tx: Tx,
  scope: AnyScope,
  inboxes: readonly Named[],
  ending = sql`returning 1`,
): Promise<void> {
  const rows = inboxes.flatMap((inbox) =>
    wordsOfInbox(inbox).map((word) => ({
      pod_id: inbox.podId,
      inbox_id: inbox.id,
      word,
      organization_id: inbox.organizationId,
      created_at: inbox.createdAt,
    })),
  );
  if (rows.length > 0) await insertion("inbox_words", rows, ending).execute(tx.within(scope));
}

/** The same where others may. */
export const addMissingWords = (tx: Tx, scope: AnyScope, inboxes: readonly Named[]): Promise<void> =>
  insertWords(tx, scope, inboxes, sql`on conflict (pod_id, inbox_id, word) do nothing returning 1`);

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

const beginsWith = (beginning: string): RawBuilder<boolean> =>
  sql`w.word >= ${beginning} and w.word < ${beginning + LAST_CHARACTER}`;

/** Rows of the scope in `table`. @param inbox its column of the inbox */
const ofScope = (
  { organizationId, podId, inboxId }: Scope,
  table: string,
  inbox: string,
): RawBuilder<boolean> => {
  const column = (name: string): RawBuilder<unknown> => sql.ref(`${table}.${name}`);
  if (podId === null) return sql`${column("organization_id")} = ${organizationId}`;
  const own = sql<boolean>`${column("pod_id")} = ${podId}`;
  return inboxId === null ? own : sql`${own} and ${column(inbox)} = ${inboxId}`;
};

/**
 * A page of inboxes of the scope, the newest first, each of which has for every beginning a word with it. One with the address `without` is
 * left out. Where few have one of the beginnings they are looked up by it; else inboxes are read in the order of the list, where a page is
 * found soon. The other beginnings are asked of each.
 */
export async function findByWords(
  tx: Tx,
  scope: Scope,
  beginnings: readonly string[],
  without: string,
  page: PageRequest,
): Promise<Inbox[]> {
  if (beginnings.length === 0) return [];
  const rare = await findRare(tx, scope, beginnings);
  let query = tx
    .within(scope)
    .selectFrom("inboxes")
    .where(ofScope(scope, "inboxes", "id"))
    .where("moving_from", "is", null)
    .where("address", "<>", without)
    .select(columns);
  if (rare !== null)
    query = query.where(
      sql<boolean>`(pod_id, id) in (select w.pod_id, w.inbox_id from inbox_words as w
        where ${ofScope(scope, "w", "inbox_id")} and ${beginsWith(rare)})`,
    );
  // Not `exists`, which may become a join: all words that begin so would be read, for the first inbox.
  for (const other of beginnings.filter((one) => one !== rare))
    query = query.where(
      sql<boolean>`(select true from inbox_words as w where w.pod_id = inboxes.pod_id and w.inbox_id = inboxes.id
        and ${beginsWith(other)} limit 1)`,
    );
  const run = (): Promise<InboxRow[]> => keyset(query, ["created_at", "id"], page).execute();
  return (await (rare === null ? tx.inIndexOrder(run) : run())).map(inboxOf);
}

/** The beginning that the fewest words have; null when all have more than MAX_WORDS_LOOKED_UP. */
async function findRare(tx: Tx, scope: Scope, beginnings: readonly string[]): Promise<string | null> {
  const counts = beginnings.map(
    (beginning, place) => sql`select ${place}::integer as place, count(*)::integer as words from (
      select from inbox_words as w where ${ofScope(scope, "w", "inbox_id")} and ${beginsWith(beginning)} limit ${MAX_WORDS_LOOKED_UP + 1}) as w`,
  );
  const { rows } = await sql<{ place: number; words: number }>`
    ${sql.join(counts, sql` union all `)} order by words limit 1`.execute(tx.within(scope));
  const [rarest] = rows;
  return rarest === undefined || rarest.words > MAX_WORDS_LOOKED_UP
    ? null
    : (beginnings[rarest.place] ?? null);
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
