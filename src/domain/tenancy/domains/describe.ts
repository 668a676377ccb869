import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { Installation } from "../../door/context.ts";
import { isOfSwitch } from "./checks.ts";
import type { PublishedKey } from "./dkim-key.ts";
import type { Domain, DomainStatus } from "./domain.ts";
import { findDkimKeys } from "./key-store.ts";
import { recordsOf, type VerificationRecord } from "./records.ts";

/** A domain with the records it needs. */
export interface DescribedDomain {
  readonly domain: Domain;
  /**
   * As callers see it: a verified domain whose switch needs a record that is not there yet is PENDING, and goes on sending and receiving
   * (contract 13.2).
   */
  readonly status: DomainStatus;
  readonly records: readonly VerificationRecord[];
}

export function described(
  domain: Domain,
  keys: readonly PublishedKey[],
  { mailHost }: Installation,
): DescribedDomain {
  const records = recordsOf(domain, keys, mailHost);
  const isPending = domain.status === "VERIFIED" && domain.trustedAt === null && records.some(isAwaited);
  return { domain, status: isPending ? "PENDING" : domain.status, records };
}

const isAwaited = (record: VerificationRecord): boolean => isOfSwitch(record) && record.status !== "VALID";

/** The same, with keys as they are stored. */
export async function describe(
  { tx, scope, installation }: { tx: Tx; scope: Scope; installation: Installation },
  domain: Domain,
): Promise<DescribedDomain> {
  const keys = await findDkimKeys(tx, scope, [domain.id]);
  return described(domain, keys.get(domain.id) ?? [], installation);
}
