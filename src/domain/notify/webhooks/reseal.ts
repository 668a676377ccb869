/** Endpoints whose secret the present seal key does not open, and how they are made whole again. */
import type { Sealer } from "../../../lib/seal.ts";
import { newWebhookSecret } from "../../../protocols/webhooks/signature.ts";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { findNewestSecret, findSealedEndpoints, replaceSecret, type SealedEndpoint } from "./seal-store.ts";
import { HEADERS_SEAL, SECRET_SEAL } from "./webhook.ts";

/** True when the seal key opens it. */
export type Opens = (sealed: Buffer, purpose: string) => boolean;

/** A secret by which a seal key can be tried; null when there is no endpoint. */
export async function newestWebhookSeal(
  tx: Tx,
  scope: SystemScope,
): Promise<{ sealed: Buffer; purpose: string } | null> {
  const sealed = await findNewestSecret(tx, scope);
  return sealed === null ? null : { sealed, purpose: SECRET_SEAL };
}

/** Up to `most` endpoints after the id `after`, in the order of their ids. */
export const sealedWebhooks = (
  tx: Tx,
  scope: SystemScope,
  after: string | null,
  most: number,
): Promise<SealedEndpoint[]> => findSealedEndpoints(tx, scope, after, most);

export const isWebhookOpen = ({ secretSealed, headersSealed }: SealedEndpoint, opens: Opens): boolean =>
  opens(secretSealed, SECRET_SEAL) && (headersSealed === null || opens(headersSealed, HEADERS_SEAL));

/** Gives an endpoint a new secret, which its receiver has to learn, and drops its headers, which cannot be recovered. */
export async function renewWebhookSecret(
  tx: Tx,
  scope: SystemScope,
  id: string,
  parts: { readonly sealer: Sealer; readonly random: (bytes: number) => Uint8Array; readonly now: Date },
): Promise<void> {
  const secretSealed = parts.sealer.seal(newWebhookSecret(parts.random), SECRET_SEAL);
  await replaceSecret(tx, scope, id, { secretSealed, now: parts.now });
}
