/** Rows of inboxes, and what they are to everybody else. */
import type { ScopeLevel } from "../../door/access/index.ts";
import type { Inbox, Metadata } from "./inbox.ts";

export const columns = [
  "id",
  "pod_id",
  "organization_id",
  "address",
  "display_name",
  "client_id",
  "metadata",
  "state",
  "paused_at",
  "paused_from",
  "moving_to",
  "created_at",
  "updated_at",
] as const;

export interface InboxRow {
  readonly id: string;
  readonly pod_id: string;
  readonly organization_id: string;
  readonly address: string;
  readonly display_name: string | null;
  readonly client_id: string | null;
  readonly metadata: unknown;
  readonly state: string | null;
  readonly paused_at: Date | null;
  readonly paused_from: string | null;
  readonly moving_to: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function inboxOf(row: InboxRow): Inbox {
  return {
    id: row.id,
    podId: row.pod_id,
    organizationId: row.organization_id,
    address: row.address,
    displayName: row.display_name,
    clientId: row.client_id,
    metadata: metadataOf(row.metadata),
    state: row.state,
    pausedAt: row.paused_at,
    pausedFrom: levelOf(row.paused_from),
    movingTo: row.moving_to,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const levels: readonly ScopeLevel[] = ["organization", "pod", "inbox"];
const levelOf = (stored: string | null): ScopeLevel | null =>
  levels.find((level) => level === stored) ?? null;

function metadataOf(stored: unknown): Metadata | null {
  if (typeof stored !== "object" || stored === null) return null;
  const plain = (entry: [string, unknown]): entry is [string, string | number | boolean] =>
    ["string", "number", "boolean"].includes(typeof entry[1]);
  return Object.fromEntries(Object.entries(stored).filter(plain));
}
