import { isUuid } from "../../../lib/uuid.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Delivery } from "./delivery.ts";
import { withinOf } from "./list.ts";
import { findDelivery } from "./list-store.ts";

export interface NamedDelivery {
  readonly deliveryId: string;
}

export const noDelivery = (): Failure => fail("object.not_found", { message: "Delivery not found" });

/** @throws Failure object.not_found for what is no id */
export function requireDeliveryId({ deliveryId }: NamedDelivery): string {
  if (!isUuid(deliveryId)) throw noDelivery();
  return deliveryId;
}

export const getDelivery = operation({
  name: "delivery.get",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: (input: NamedDelivery) => requireDeliveryId(input),
  async run(context, id): Promise<Delivery> {
    const found = await findDelivery(context.tx, context.scope, withinOf(context), id);
    if (found === null) throw noDelivery();
    return found;
  },
});
