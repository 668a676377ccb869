import type { Actor } from "../../door/access/index.ts";
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
  /** Empty: the key may not read it. */
  readonly secret: string;
  readonly enabled: boolean;
  readonly clientId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Sealed for these purposes. */
export const SECRET_SEAL = "webhook-secret";
export const HEADERS_SEAL = "webhook-headers";

/**
 * What a write is answered with of an endpoint that was there before: to a key that may not read webhooks, without its secret. Else it would be
 * read by a change of nothing, or by the client_id, and deliveries be forged with it.
 */
export const shownTo = (actor: Actor, webhook: Webhook): Webhook =>
  actor.may("webhook_read") ? webhook : { ...webhook, secret: "" };
