/** Domains whose private key the present seal key does not open, and how they get another. */
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { DKIM_SEAL, type DkimKey } from "./dkim-key.ts";
import { deleteKeys, insertDkimKeys } from "./key-store.ts";
import {
  findNewestPrivateKey,
  findSealedDomains,
  resetVerification,
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
  { privateKeysSealed }: SealedDomain,
  opens: (sealed: Buffer, purpose: string) => boolean,
): boolean => privateKeysSealed.every((sealed) => opens(sealed, DKIM_SEAL));

/** Gives a domain other signing keys. Their DNS records have to be published, so it is no longer verified, unless it is trusted. */
export async function renewDomainKeys(
  tx: Tx,
  scope: SystemScope,
  domain: SealedDomain,
  keys: readonly DkimKey[],
  now: Date,
): Promise<void> {
  await deleteKeys(tx, scope, domain.id);
  await insertDkimKeys(
    tx,
    scope,
    keys.map((key) => ({ domain, key })),
  );
  await resetVerification(tx, scope, domain.id, now);
}
