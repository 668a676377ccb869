import { isUuid } from "../../../lib/uuid.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { mayReadOf } from "../../mail/labels/index.ts";
import type { Delivery } from "./delivery.ts";
import { type TargetedContext, withinOf } from "./list.ts";
import { findDelivery } from "./list-store.ts";

export interface NamedDelivery {
  readonly deliveryId: string;
}

const noDelivery = (): Failure =>
  fail("object.not_found", {
    message: "Delivery not found",
    hint: "List deliveries to see those there are.",
  });

/** @throws Failure object.not_found for what is no id */
export function requireDeliveryId({ deliveryId }: NamedDelivery): string {
  if (!isUuid(deliveryId)) throw noDelivery();
  return deliveryId;
}

/** Of those that the caller's target has and the key may see. @throws Failure object.not_found */
export async function requireDelivery(context: TargetedContext, id: string) {
  const found = await findDelivery(context.tx, context.scope, withinOf(context), id);
  if (found === null || !mayReadOf(context.actor, found.labels)) throw noDelivery();
  return found;
}

export const getDelivery = operation({
  name: "delivery.get",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: (input: NamedDelivery) => requireDeliveryId(input),
  run: (context, id): Promise<Delivery> => requireDelivery(context, id),
});
