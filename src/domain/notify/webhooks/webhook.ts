import type { ListenedType } from "../../door/events.ts";

/** An endpoint that events are delivered to. */
export interface Webhook {
  readonly id: string;
  readonly organizationId: string;
  /** The narrowest pod and inbox that everything it listens to lies in; null: wider. A key scoped there sees it. */
  readonly podId: string | null;
  readonly inboxId: string | null;
  readonly url: string;
  readonly eventTypes: readonly ListenedType[];
  /** It names pods or inboxes, which may have been deleted: then it receives nothing, but never more than it was made for. */
  readonly scoped: boolean;
  /** What it listens to; everything its owner contains when it names nothing. */
  readonly podIds: readonly string[];
  readonly inboxes: readonly { readonly id: string; readonly podId: string; readonly address: string }[];
  readonly secret: string;
  readonly enabled: boolean;
  readonly clientId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Sealed for these purposes. */
export const SECRET_SEAL = "webhook-secret";
export const HEADERS_SEAL = "webhook-headers";
