/** SQL of the labels that rows of events tell of: `labels` that were added, and `removed`. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { InboxTarget, RestrictedLabel, Scope } from "../../door/access/index.ts";
import type { PageRequest, SortKey } from "../../door/cursor.ts";
import type { EventType, InternalEventType } from "../../door/events.ts";
import { keyset } from "../../door/keyset.ts";
import type { LabelEvent } from "./label-event.ts";

/** Events that tell of labels. */
const types: readonly (EventType | InternalEventType)[] = [
  "message.labelled",
  "message.sent",
  "message.received",
  "message.received.spam",
  "message.received.blocked",
  "message.received.unauthenticated",
];

/** The row's id, and the place in it. */
export const labelEventKey: SortKey = ["uuid", "float8"];

/** Places of labels that were removed: behind all that were added in the same change. */
const FIRST_REMOVED = 1000;

interface Place {
  readonly place: number;
  readonly label: string;
  readonly is_added: boolean;
}

/** @param unseen labels whose messages, and which themselves, are left out; deleted messages are as well */
export async function listLabelEventRows(
  tx: Tx,
  scope: Scope,
  inbox: InboxTarget,
  { unseen, page }: { readonly unseen: readonly RestrictedLabel[]; readonly page: PageRequest },
): Promise<LabelEvent[]> {
  const labels = sql<Place>`(
    select place::float8 as place, label, true as is_added
    from jsonb_array_elements_text(coalesce(e.data -> 'labels', '[]')) with ordinality as added (label, place)
    union all
    select ${FIRST_REMOVED}::float8 + place, label, false
    from jsonb_array_elements_text(coalesce(e.data -> 'removed', '[]')) with ordinality as removed (label, place))`;
  const all = tx
    .within(scope)
    .selectFrom("events as e")
    .innerJoin("messages as m", (join) =>
      join.onRef("m.pod_id", "=", "e.pod_id").onRef("m.id", "=", "e.message_uuid"),
    )
    .innerJoinLateral(labels.as("told"), (join) => join.onTrue())
    .where("e.pod_id", "=", inbox.podId)
    .where("e.inbox_id", "=", inbox.id)
    .where("e.type", "=", anyOf(types))
    .where(sql<boolean>`not m.labels && ${[...unseen]}::text[]`)
    .where(sql<boolean>`told.label <> all (${[...unseen]}::text[])`)
    .select(["e.id", "e.organization_id", "e.pod_id", "e.created_at", "m.message_id"])
    .select(["told.place", "told.label", "told.is_added"]);
  // The cursor's event itself: its place in the event is in no index, by which a later page would read all before it.
  const [from] = page.after ?? [];
  const query =
    from === undefined ? all : all.where("e.id", page.ascending ? ">=" : "<=", sql<string>`${from}::uuid`);
  const rows = await keyset(query, ["e.id", "told.place"], page, labelEventKey).execute();
  return rows.map((row) => ({
    id: `${row.id}.${String(row.place).padStart(4, "0")}`,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxAddress: inbox.address,
    isAdded: row.is_added,
    messageId: row.message_id,
    label: row.label,
    at: row.created_at,
    cursor: [row.id, row.place],
  }));
}
