import { isUuid } from "../../../lib/uuid.ts";
import { operation } from "../../door/operation.ts";
import { confirmReceipt } from "../../tenancy/api-keys/index.ts";

/**
 * Says that the secrets of a receipt are where they belong: their keys stay. Those that are not confirmed the next apply replaces, so that
 * a connection which broke leaves no key that nobody has; secrets of webhooks it shows again. Who can name a receipt was given it with what it
 * confirms, which may be webhooks alone: it needs no more than every apply and rotation does.
 * @returns how many keys there were: none the second time, and fewer than there were secrets when others were replaced meanwhile
 */
export const confirmSecrets = operation({
  name: "fleet.confirm",
  needs: ["api_key_read"],
  on: "organization",
  kind: "upkeep",
  run: async ({ tx, scope }, { receiptId }: { readonly receiptId: string }): Promise<number> =>
    isUuid(receiptId) ? confirmReceipt(tx, scope, receiptId) : 0,
});
