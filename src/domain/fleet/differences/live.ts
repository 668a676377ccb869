/** What is there of tenants, as far as a document can say something of it. */
import type { PermissionSet } from "../../door/access/index.ts";
import type { Metadata } from "../../tenancy/inboxes/index.ts";

export interface LivePod {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly policyId: string | null;
  readonly ruleIds: readonly string[];
  /** Since when it is on its way out. */
  readonly suspendedAt: Date | null;
  /** From when on it is deleted. */
  readonly deleteAfter: Date | null;
}

export interface LiveInbox {
  readonly id: string;
  readonly podId: string;
  /** Its client_id. */
  readonly role: string | null;
  readonly address: string;
  readonly displayName: string | null;
  readonly metadata: Metadata | null;
}

export interface LiveKey {
  readonly id: string;
  readonly podId: string;
  readonly inboxId: string | null;
  readonly name: string;
  readonly permissions: PermissionSet | null;
  /** Nobody has confirmed that its secret was received. */
  readonly isUnconfirmed: boolean;
}

export interface LiveWebhook {
  readonly id: string;
  readonly podId: string;
  readonly inboxId: string | null;
  /** Its client_id. */
  readonly name: string | null;
  readonly url: string;
  readonly eventTypes: readonly string[];
  readonly enabled: boolean;
  /** An apply made it, and nobody has confirmed that its secret was received. */
  readonly isUnconfirmed: boolean;
}

/** What the fleet made or adopted, and what the document said then. */
export interface FleetMark {
  readonly slug: string;
  readonly podId: string;
  /** By `objectKey`. */
  readonly objects: Readonly<Record<string, { readonly id: string; readonly says: string }>>;
  readonly appliedAt: Date;
}

export interface LiveTenant {
  readonly pod: LivePod;
  readonly inboxes: readonly LiveInbox[];
  readonly keys: readonly LiveKey[];
  readonly webhooks: readonly LiveWebhook[];
}

/** What there is of one tenant; null: nothing. */
export interface Found {
  readonly live: LiveTenant | null;
  readonly mark: FleetMark | null;
}
