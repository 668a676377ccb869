import type { EventType } from "../events.ts";

/** An endpoint that is told of events. */
export interface Webhook {
  readonly id: string;
  readonly organizationId: string;
  /** The narrowest pod and inbox that everything it listens to lies in; null: wider. A key scoped there sees it. */
  readonly podId: string | null;
  readonly inboxId: string | null;
  readonly url: string;
  readonly eventTypes: readonly EventType[];
  /** What it listens to; both empty: all of its home. */
  readonly podIds: readonly string[];
  readonly inboxes: readonly { readonly id: string; readonly address: string }[];
  readonly secret: string;
  readonly enabled: boolean;
  readonly clientId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Sealed for these purposes. */
export const SECRET_SEAL = "webhook-secret";
export const HEADERS_SEAL = "webhook-headers";
