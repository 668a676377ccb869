/** SQL that reads messages. */
import { sql } from "kysely";
import { prefixWithin } from "../../../lib/prefix-within.ts";
import { anyKey, byKey } from "../../../storage/by-key.ts";
import { asText } from "../../../storage/columns.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope, InboxTarget, Scope } from "../../door/access/index.ts";
import type { Cursor, PageRequest } from "../../door/cursor.ts";
import { containing, idsInPieces, keyset, keysetInPieces } from "../../door/keyset.ts";
import { DEFAULT_PAGE_SIZE, LARGE_READ_BYTES } from "../../limits.ts";
import { findAttachments } from "../attachments/rows.ts";
import { carrying, carryingUnread, chosenRows } from "../labels/rows.ts";
import { MAX_PAGE_BYTES } from "./limits.ts";
import type { FullMessage, Message, MessageBody } from "./message.ts";
import { bodyColumns, messageColumns, messageFromRow } from "./rows.ts";

/** What a list of messages or threads may be narrowed by. */
export interface MailFilter {
  /** All of them must be there. */
  readonly labels: readonly string[];
  /** None of these may be there. */
  readonly hidden: readonly string[];
  readonly before: Date | null;
  readonly after: Date | null;
  /** Case-insensitive substrings, all of which must match. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly subject: readonly string[];
}

const withAny = (rows: readonly { id: string; attachment_count: number }[]): string[] =>
  rows.filter((row) => row.attachment_count > 0).map((row) => row.id);

/** Rows of a page that may be smaller than its limit, by its size in bytes. */
export interface FittingPage<Row> {
  /** The request with the size that was kept to. */
  readonly fitting: PageRequest;
  /** One more than that, when there is. */
  readonly rows: readonly Row[];
}

/** Bytes of a message in a list, about: what is kept compressed may be larger, but all of that is bounded when it arrives. */
const headWeight = sql<number>`(pg_column_size(headers) + pg_column_size("to") + pg_column_size(cc) + pg_column_size("references") + 1000 * (attachment_count + 1))`;
/** Bytes of its bodies, which are not: their length is known without reading them. */
const bodyBytes = `(coalesce(octet_length(text), 0) + coalesce(octet_length(html), 0)
  + coalesce(octet_length(extracted_text), octet_length(text), 0) + coalesce(octet_length(extracted_html), octet_length(html), 0))`;
const fullWeight = sql<number>`(${headWeight} + ${sql.raw(bodyBytes)})`;

/**
 * The statement that reads messages with the bodies that are not large, up to its WHERE: a text that is made once, as
 * nothing of it changes from read to read. What is left out is summed up once for all four bodies, which is what OFFSET is for: without it
 * PostgreSQL would put the sum into each. Of most messages the size alone says that they are not large: a body has hardly more bytes than the
 * message, and counts twice.
 */
const fittingOf = (columns: readonly string[], tables: string) =>
  sql.raw(`select ${[
    ...columns,
    ...["text", "html", "extracted_text", "extracted_html"].map(
      (column) => `case when left_out = 0 then ${column} end as ${column}`,
    ),
  ].join(", ")}, left_out
  from ${tables} cross join lateral (select case when size <= ${LARGE_READ_BYTES / 2} then 0
    when ${bodyBytes} > ${LARGE_READ_BYTES} then ${bodyBytes} else 0 end as left_out offset 0) as bodies`);
const selectFitting = fittingOf(messageColumns, "messages");
const selectFittingOfInbox = fittingOf(
  [...messageColumns, "inboxes.address"],
  "messages join inboxes on inboxes.pod_id = messages.pod_id and inboxes.id = messages.inbox_id",
);

const patternsOf = ({ from, to, subject }: MailFilter) => ({
  senders: from.map(containing),
  recipients: to.map(containing),
  subjects: subject.map(containing),
});

const placeOf = (row: { readonly timestamp: Date; readonly id: string }) => [row.timestamp, row.id];

/** The longest prefix of the messages that fits one page. */
const fittingPage = (page: PageRequest, messages: readonly { readonly weight: number }[]): PageRequest => ({
  ...page,
  size: prefixWithin(
    messages.map(({ weight }) => weight),
    page.size,
    MAX_PAGE_BYTES,
  ),
});

export async function selectMessages(
  tx: Tx,
  scope: Scope,
  inbox: InboxTarget,
  filter: MailFilter,
  page: PageRequest,
): Promise<FittingPage<Message> & { readonly resumes: Cursor | null }> {
  const columns = ["timestamp", "id"];
  const { podId, id: inboxId } = inbox;
  const list = { ...filter, ...patternsOf(filter), kind: "messages", podId, inboxId } as const;
  const { ids, arePage, resumes } = await chosenRows(tx, scope, list, page);
  if (ids?.length === 0) return { fitting: page, rows: [], resumes };
  // No plain comparison of the inbox beside ids: the planner would read all that it holds.
  let query = tx
    .within(scope)
    .selectFrom("messages")
    .where("pod_id", "=", podId)
    .where("inbox_id", ids === null ? "=" : "is not distinct from", inboxId);
  if (filter.before !== null) query = query.where("timestamp", "<", filter.before);
  if (filter.after !== null) query = query.where("timestamp", ">", filter.after);
  if (filter.labels.length > 0)
    query = query.where(carrying("labels", filter.labels)).where(carryingUnread(filter.labels));
  if (filter.hidden.length > 0)
    query = query.where(sql<boolean>`not labels && ${[...filter.hidden]}::text[]`);
  for (const text of filter.from) query = query.where("sender", "ilike", containing(text));
  for (const text of filter.subject) query = query.where("subject", "ilike", containing(text));
  for (const text of filter.to)
    query = query.where(
      sql<boolean>`exists (select from unnest("to" || cc || bcc) as recipient where recipient ilike ${containing(text)})`,
    );
  const listed = ids === null ? query : query.where("id", "=", anyOf(ids));
  // The heaviest heads there are, half a megabyte each, fit as many on a page of ordinary size.
  const weights =
    page.size <= DEFAULT_PAGE_SIZE
      ? []
      : await keyset(listed.select(headWeight.as("weight")), columns, page).execute();
  const fitting = fittingPage(page, weights);
  const rows = await (ids === null || !arePage
    ? keysetInPieces(listed.select(head).$castTo<HeadRow>(), columns, fitting, placeOf)
    : idsInPieces(query.select(head).$castTo<HeadRow>(), columns, page, ids.slice(0, fitting.size + 1)));
  return { fitting, rows: await headsOf(tx, scope, inbox, rows), resumes };
}

const head = asText(messageColumns);
const full = asText([...messageColumns, ...bodyColumns]);

type HeadRow = Parameters<typeof messageFromRow>[0];
type BodyRow = Pick<FullMessage, "text" | "html"> & {
  readonly extracted_text: string | null;
  readonly extracted_html: string | null;
};
type FullRow = HeadRow & BodyRow;
type FittingRow = FullRow & { readonly left_out: number };

const bodiesOf = (row: BodyRow): MessageBody => ({
  text: row.text,
  html: row.html,
  extractedText: row.extracted_text ?? row.text?.trim() ?? null,
  extractedHtml: row.extracted_html ?? row.html?.trim() ?? null,
});

/** The rows of one inbox's messages with their attachments. */
async function headsOf(
  tx: Tx,
  scope: AnyScope,
  inbox: { readonly podId: string; readonly address: string },
  rows: readonly HeadRow[],
): Promise<Message[]> {
  const attachments = await findAttachments(tx, scope, inbox.podId, withAny(rows));
  return rows.map((row) => messageFromRow(row, inbox.address, attachments.get(row.id) ?? []));
}

async function fullOf(
  tx: Tx,
  scope: AnyScope,
  inbox: { readonly podId: string; readonly address: string },
  rows: readonly FullRow[],
): Promise<FullMessage[]> {
  const attachments = await findAttachments(tx, scope, inbox.podId, withAny(rows));
  return rows.map((row) => ({
    ...messageFromRow(row, inbox.address, attachments.get(row.id) ?? []),
    ...bodiesOf(row),
  }));
}

/** Messages of an inbox by their Message-IDs, or by their row ids. */
export type MessagesNamed = { readonly messageIds: readonly string[] } | { readonly ids: readonly string[] };

function areNamed(inbox: InboxTarget, by: MessagesNamed) {
  const keyed =
    "messageIds" in by
      ? sql<boolean>`messages.pod_id = ${inbox.podId} and messages.message_id = ${anyKey(by.messageIds)}`
      : byKey(
          "messages",
          by.ids.map((id) => ({ podId: inbox.podId, id })),
        );
  // No plain comparison of the inbox: the planner would read all that it holds, 100,000 messages for 20.
  return sql<boolean>`${keyed} and messages.inbox_id is not distinct from ${inbox.id}`;
}

/** Those that are there, in no order and without the bodies: they may be megabytes each. */
export async function findMessages(
  tx: Tx,
  scope: Scope,
  inbox: InboxTarget,
  by: MessagesNamed,
): Promise<Message[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("messages")
    .where(areNamed(inbox, by))
    .select(head)
    .$castTo<HeadRow>()
    .execute();
  return headsOf(tx, scope, inbox, rows);
}

/** A message with its bodies, or without them where they are large. */
export type FittingMessage = FullMessage & {
  /** Bytes of bodies that were left out: more than LARGE_READ_BYTES, or 0. */
  readonly leftOut: number;
};

/** The same with the bodies that are not large. */
export async function findFittingMessages(
  tx: Tx,
  scope: Scope,
  inbox: InboxTarget,
  by: MessagesNamed,
): Promise<FittingMessage[]> {
  const statement = sql<FittingRow>`${selectFitting} where ${areNamed(inbox, by)}`;
  const { rows } = await statement.execute(tx.within(scope));
  const messages = await fullOf(tx, scope, inbox, rows);
  return messages.map((message, at) => ({ ...message, leftOut: rows[at]?.left_out ?? 0 }));
}

/** The bodies of a message, however large; null when it is gone. */
export async function findBodies(
  tx: Tx,
  scope: Scope,
  { podId, id }: Pick<Message, "podId" | "id">,
): Promise<MessageBody | null> {
  const row = await tx
    .within(scope)
    .selectFrom("messages")
    .where(byKey("messages", [{ podId, id }]))
    .select(bodyColumns)
    .executeTakeFirst();
  return row === undefined ? null : bodiesOf(row);
}

/** By row id, for those who came from another row: with the bodies that are not large. */
export async function findFittingMessage(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  id: string,
): Promise<FittingMessage | null> {
  const statement = sql<
    FittingRow & { readonly address: string }
  >`${selectFittingOfInbox} where messages.pod_id = ${podId} and messages.id = ${id}`;
  const [row] = (await statement.execute(tx.within(scope))).rows;
  if (row === undefined) return null;
  const [message] = await fullOf(tx, scope, { podId, address: row.address }, [row]);
  return message === undefined ? null : { ...message, leftOut: row.left_out };
}

/**
 * A page of a thread's messages with their bodies, newest first. A thread lies in one inbox, so there is nothing to join.
 * It ends at MAX_PAGE_BYTES: `fitting` says how many of the messages go onto the page, one at least; what is behind
 * them only shows that there is another page.
 * @param room called with the bytes of what is to be read, before it is
 */
export async function listThreadMessages(
  tx: Tx,
  scope: AnyScope,
  thread: {
    readonly podId: string;
    readonly id: string;
    readonly inboxAddress: string;
    readonly size: number;
  },
  hidden: readonly string[],
  page: PageRequest,
  room: (bytes: number) => void,
): Promise<FittingPage<FullMessage>> {
  let query = tx
    .within(scope)
    .selectFrom("messages")
    .where("pod_id", "=", thread.podId)
    .where("thread_id", "=", thread.id);
  if (hidden.length > 0) query = query.where(sql<boolean>`not labels && ${[...hidden]}::text[]`);
  const columns = ["timestamp", "id"];
  // Its size says of most threads that all of it fits: a body has three times the bytes of its message at most, as UTF-8, and counts twice.
  const weights =
    thread.size <= LARGE_READ_BYTES / 8
      ? []
      : await keyset(query.select(fullWeight.as("weight")), columns, page).execute();
  const fitting = fittingPage(page, weights);
  room(weights.slice(0, fitting.size + 1).reduce((sum, { weight }) => sum + weight, 0));
  const rows = await keysetInPieces(query.select(full).$castTo<FullRow>(), columns, fitting, placeOf);
  return {
    fitting,
    rows: await fullOf(tx, scope, { podId: thread.podId, address: thread.inboxAddress }, rows),
  };
}

export interface StoredBytes {
  readonly sha256: Buffer;
  readonly size: number;
}

/** Where the raw bytes of a message are. */
export async function findRaw(tx: Tx, scope: Scope, podId: string, id: string): Promise<StoredBytes | null> {
  const row = await tx
    .within(scope)
    .selectFrom("messages")
    .where("pod_id", "=", podId)
    .where("id", "=", id)
    .select(["raw_sha256", "size"])
    .executeTakeFirst();
  return row === undefined ? null : { sha256: row.raw_sha256, size: row.size };
}
