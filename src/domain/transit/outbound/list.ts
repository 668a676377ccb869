import type { Context } from "../../door/context.ts";
import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { mayReadOf } from "../../mail/labels/index.ts";
import { type Delivery, type DeliveryState, deliveryStates } from "./delivery.ts";
import { listDeliveries, type Within } from "./list-store.ts";

export interface DeliveryQuery {
  readonly states?: readonly string[];
  /** Of the recipients. */
  readonly domain?: string;
  readonly page: PageRequest;
}

/** What of the actor's scope an operation is asked about. */
export const withinOf = ({ pod, inbox }: Pick<TargetedContext, "pod" | "inbox">): Within => ({
  podId: inbox?.podId ?? pod?.id ?? null,
  inboxId: inbox?.id ?? null,
});

export type TargetedContext = Context & {
  readonly pod: { readonly id: string } | null;
  readonly inbox: { readonly id: string; readonly podId: string } | null;
};

const isState = (text: string): text is DeliveryState => deliveryStates.some((state) => state === text);

/**
 * Deliveries of the target, newest first, those to inboxes here among them. A page is shorter by those of messages that the key may not see,
 * and the next begins where it would.
 */
export const listDeliveriesOf = operation({
  name: "delivery.list",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  check({ states = [], domain, page }: DeliveryQuery) {
    const known = states.filter(isState);
    if (known.length !== states.length)
      throw invalid(["states"], `A state is one of ${deliveryStates.join(", ")}`);
    return { filter: { states: known, domain: domain?.toLowerCase() ?? null }, page };
  },
  async run(context, { filter, page }): Promise<Page<Delivery>> {
    const found = await listDeliveries(context.tx, context.scope, withinOf(context), filter, page);
    const { items, next } = pageOf(found, page, ({ id }) => [id]);
    return { items: items.filter(({ labels }) => mayReadOf(context.actor, labels)), next };
  },
});
