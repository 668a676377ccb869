/** Domains whose private key the present seal key does not open, and how they get another. */
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { DKIM_SEAL, type DkimKey } from "./dkim-key.ts";
import {
  findNewestPrivateKey,
  findSealedDomains,
  replaceDomainKey,
  type SealedDomain,
} from "./seal-store.ts";

/** A private key by which a seal key can be tried; null when there is no domain. */
export async function newestDomainSeal(
  tx: Tx,
  scope: SystemScope,
): Promise<{ sealed: Buffer; purpose: string } | null> {
  const sealed = await findNewestPrivateKey(tx, scope);
  return sealed === null ? null : { sealed, purpose: DKIM_SEAL };
}

/** Up to `most` domains after the id `after`, in the order of their ids. */
export const sealedDomains = (
  tx: Tx,
  scope: SystemScope,
  after: string | null,
  most: number,
): Promise<SealedDomain[]> => findSealedDomains(tx, scope, after, most);

export const isDomainOpen = (
  { privateKeySealed }: SealedDomain,
  opens: (sealed: Buffer, purpose: string) => boolean,
): boolean => opens(privateKeySealed, DKIM_SEAL);

/** Gives a domain another signing key. Its DNS record has to be published anew, so it is no longer verified. */
export async function renewDomainKey(
  tx: Tx,
  scope: SystemScope,
  id: string,
  key: DkimKey,
  now: Date,
): Promise<void> {
  await replaceDomainKey(tx, scope, id, { ...key, status: "NOT_STARTED", now });
}
