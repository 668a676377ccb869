/** A pod as files, part after part, each of them read in a transaction of its own: see docs/decisions/0037-offboarding.md. */
import { prefixWithin } from "../../../lib/prefix-within.ts";
import { restrictedLabels } from "../../door/access/index.ts";
import type { Context, Targeted } from "../../door/context.ts";
import type { Cursor, Page, PageRequest } from "../../door/cursor.ts";
import { fail } from "../../door/failures.ts";
import { type Operation, operation, type TargetKind } from "../../door/operation.ts";
import { type FilePiece, readFilePieces } from "../../mail/files/index.ts";
import { listWebhooks, type Webhook } from "../../notify/webhooks/index.ts";
import { type ApiKey, listApiKeys } from "../../tenancy/api-keys/index.ts";
import { type Domain, listDomains } from "../../tenancy/domains/index.ts";
import { type Inbox, listInboxes } from "../../tenancy/inboxes/index.ts";
import { getPod, type Pod } from "../../tenancy/pods/index.ts";
import { readWholeDrafts, type WholeDraft } from "../../transit/drafts/index.ts";
import { EXPORT_BYTES, EXPORT_MESSAGES, EXPORT_OBJECTS } from "./limits.ts";
import {
  findListEntries,
  findMessages,
  hasMovingInbox,
  type ListEntryRow,
  type MessageRow,
  readRaw,
} from "./store.ts";

/** In this order; the last says that all of it is there. */
const sections = [
  "pod",
  "domains",
  "webhooks",
  "apiKeys",
  "listEntries",
  "inboxes",
  "drafts",
  "messages",
  "files",
  "end",
] as const;
type Section = (typeof sections)[number];

/** How much there was so far. */
export interface ExportCounts {
  readonly inboxes: number;
  readonly messages: number;
  /** Of the messages. */
  readonly bytes: number;
  readonly files: number;
  readonly fileBytes: number;
}

export interface ExportCursor {
  readonly section: Section;
  readonly after: Cursor | null;
  /** Of the part within its section, from 1. */
  readonly part: number;
  readonly counts: ExportCounts;
  /** Messages are those with earlier ids: what was stored since the export began is not in it. */
  readonly before: string;
}

export interface ExportedMessage extends MessageRow {
  /** As it is stored, with its trace fields (RFC 5322). */
  readonly raw: Buffer;
}

export type ExportPart =
  | { readonly section: "pod"; readonly pod: Pod }
  | { readonly section: "domains"; readonly items: readonly Domain[] }
  | { readonly section: "webhooks"; readonly items: readonly Webhook[] }
  | { readonly section: "apiKeys"; readonly items: readonly ApiKey[] }
  | { readonly section: "listEntries"; readonly items: readonly ListEntryRow[] }
  | { readonly section: "inboxes"; readonly items: readonly Inbox[] }
  | { readonly section: "drafts"; readonly items: readonly WholeDraft[] }
  | { readonly section: "messages"; readonly items: readonly ExportedMessage[] }
  | { readonly section: "files"; readonly items: readonly FilePiece[] }
  | { readonly section: "end"; readonly at: Date; readonly counts: ExportCounts };

export type Exported = ExportPart & {
  /** When it was read. */
  readonly readAt: Date;
  readonly podId: string;
  readonly part: number;
  readonly next: ExportCursor | null;
};

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

/**
 * One part of all that a pod holds, without secrets. Messages are those that were there when it began and are still there when their part
 * is read; of a suspended pod, to which nothing is added, that is all of it. Fails with object.conflict while an inbox is on its way
 * into the pod or out of it.
 */
export const exportPod = operation({
  name: "pod.export",
  needs: [
    "pod_read",
    "inbox_read",
    "message_read",
    "draft_read",
    "file_read",
    ...restrictedLabels.map((label) => `label_${label}_read` as const),
    "domain_read",
    "webhook_read",
    "api_key_read",
    "list_entry_read",
  ],
  on: "pod",
  kind: "disclosure",
  fails: ["object.conflict"],
  async run(context, { cursor }: { readonly cursor: ExportCursor | null }): Promise<Exported> {
    const { tx, scope, pod } = context;
    // An export of everything is on record.
    if (cursor === null) context.target(pod.id);
    if (await hasMovingInbox(tx, scope, pod.id)) throw inboxMoves();
    const at = cursor ?? beginning(context);
    const { part, after, counts } = await read(context, at);
    return { ...part, podId: pod.id, readAt: context.now, part: at.part, next: following(at, after, counts) };
  },
});

const inboxMoves = () =>
  fail("object.conflict", {
    message: "An inbox is being moved into the pod, or out of it",
    hint: "Try again when it is there: until then a part of its mail would be missing.",
  });

const beginning = ({ newId }: Context): ExportCursor => ({
  section: "pod",
  after: null,
  part: 1,
  counts: { inboxes: 0, messages: 0, bytes: 0, files: 0, fileBytes: 0 },
  before: newId(),
});

/** @param after where the section goes on; null at its end */
function following(at: ExportCursor, after: Cursor | null, counts: ExportCounts): ExportCursor | null {
  if (after !== null) return { ...at, after, counts, part: at.part + 1 };
  const section = sections[sections.indexOf(at.section) + 1];
  return section === undefined ? null : { ...at, section, after: null, counts, part: 1 };
}

interface Read {
  readonly part: ExportPart;
  readonly after: Cursor | null;
  readonly counts: ExportCounts;
}

async function read(context: Targeted<"pod">, at: ExportCursor): Promise<Read> {
  const { section, counts } = at;
  const page: PageRequest = { size: EXPORT_OBJECTS, after: at.after, ascending: true };
  const of = <Item>(items: Page<Item>, make: (items: readonly Item[]) => ExportPart): Read => ({
    part: make(items.items),
    after: items.next,
    counts,
  });
  switch (section) {
    case "pod":
      return { part: { section, pod: await runIn(context, getPod, undefined) }, after: null, counts };
    case "domains":
      return of(await runIn(context, listDomains, page), (items) => ({ section, items }));
    case "webhooks":
      return of(await runIn(context, listWebhooks, page), (items) => ({ section, items }));
    case "apiKeys":
      return of(await runIn(context, listApiKeys, { page, exact: false }), (items) => ({ section, items }));
    case "listEntries":
      return readListEntries(context, at);
    case "inboxes": {
      const inboxes = await runIn(context, listInboxes, page);
      const more = { ...counts, inboxes: counts.inboxes + inboxes.items.length };
      return { part: { section, items: inboxes.items }, after: inboxes.next, counts: more };
    }
    case "drafts":
      return readDrafts(context, at);
    case "messages":
      return readMessages(context, at);
    case "files":
      return readFiles(context, at);
    case "end":
      return { part: { section, at: context.now, counts }, after: null, counts };
  }
}

/** Another operation, in the transaction of this one. */
async function runIn<Input, Output, Kind extends TargetKind>(
  context: Targeted<"pod">,
  { prepare }: Operation<Input, Output, Kind>,
  input: Input,
): Promise<Output> {
  const { installation, actor } = context;
  // Cast: the operations that are given are on a pod, or on any target.
  return prepare(input, { installation, actor })(context as unknown as Targeted<Kind>);
}

const cursorText = (after: Cursor | null): string => (after === null ? FIRST : String(after[0]));

async function readListEntries({ tx, scope, pod }: Targeted<"pod">, at: ExportCursor): Promise<Read> {
  const rows = await findListEntries(tx, scope, pod.id, cursorText(at.after), EXPORT_OBJECTS + 1);
  const items = rows.slice(0, EXPORT_OBJECTS);
  const last = rows.length > items.length ? items.at(-1) : undefined;
  return {
    part: { section: "listEntries", items },
    after: last === undefined ? null : [last.id],
    counts: at.counts,
  };
}

async function readDrafts({ tx, scope, pod }: Targeted<"pod">, at: ExportCursor): Promise<Read> {
  const between = { after: cursorText(at.after), before: at.before };
  const bounds = { count: EXPORT_MESSAGES, bytes: EXPORT_BYTES };
  const { drafts, hasMore } = await readWholeDrafts(tx, scope, pod.id, between, bounds);
  const last = hasMore ? drafts.at(-1) : undefined;
  return {
    part: { section: "drafts", items: drafts },
    after: last === undefined ? null : [last.id],
    counts: at.counts,
  };
}

async function readMessages({ tx, scope, pod }: Targeted<"pod">, at: ExportCursor): Promise<Read> {
  const between = { after: cursorText(at.after), before: at.before };
  const rows = await findMessages(tx, scope, pod.id, between, EXPORT_MESSAGES + 1);
  const sizes = rows.map(({ size }) => size);
  const taken = rows.slice(0, prefixWithin(sizes, EXPORT_MESSAGES, EXPORT_BYTES));
  const contents = await readRaw(tx, scope, pod.id, taken);
  const items = taken.map((row): ExportedMessage => {
    const raw = contents.get(row.id);
    // Nothing is left out without a word.
    if (raw === undefined) throw new Error(`the bytes of message ${row.id} are missing`);
    return { ...row, raw };
  });
  const { counts } = at;
  const bytes = items.reduce((sum, { raw }) => sum + raw.byteLength, counts.bytes);
  const last = rows.length > taken.length ? taken.at(-1) : undefined;
  return {
    part: { section: "messages", items },
    after: last === undefined ? null : [last.id],
    counts: { ...counts, messages: counts.messages + items.length, bytes },
  };
}

async function readFiles({ tx, scope, pod, now }: Targeted<"pod">, at: ExportCursor): Promise<Read> {
  const [after, position] = at.after ?? [FIRST, 0];
  const between = { after: String(after), position: Number(position), before: at.before };
  const bounds = { count: EXPORT_MESSAGES, bytes: EXPORT_BYTES };
  const { pieces, hasMore } = await readFilePieces(tx, scope, pod.id, between, now, bounds);
  const last = hasMore ? pieces.at(-1) : undefined;
  const begun = pieces.filter((piece) => piece.position === 0);
  const { counts } = at;
  return {
    part: { section: "files", items: pieces },
    after: last === undefined ? null : [last.file.id, last.position],
    counts: {
      ...counts,
      files: counts.files + begun.length,
      fileBytes: begun.reduce((sum, { file }) => sum + file.size, counts.fileBytes),
    },
  };
}
