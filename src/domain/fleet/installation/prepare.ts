/** What every start does before anything listens: one organization, the right seal key, one root key. */
import type { Database, Tx } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { LONG_STATEMENT_MS } from "../../limits.ts";
import { requireFirstOrganization } from "../../tenancy/organizations/index.ts";
import { isTooFar } from "./clock-check.ts";
import { type AdmittedRootKey, admitRootKey, type RootKeySource } from "./root-key.ts";
import { admitSealKey } from "./seal-check.ts";
import type { SecretSource } from "./secret-source.ts";
import { findClockLead, lockInstallation, type SealedCounts } from "./store.ts";

export interface Preparation {
  readonly database: Database;
  readonly newId: () => string;
  readonly now: Date;
  readonly sealKey: SecretSource;
  readonly rootKey: RootKeySource;
}

export interface Prepared {
  readonly organizationId: string;
  /** 64 hex digits. */
  readonly sealKey: string;
  readonly rootKey: AdmittedRootKey;
  /** Milliseconds by which the process's clock is ahead of the database's; negative: behind. */
  readonly clockLeadMs: number;
}

/** Why a process must not run on this database. */
export type StartRefusal =
  | { readonly refused: "seal key absent" | "seal key wrong"; readonly sealed: SealedCounts }
  | {
      readonly refused: "another root key";
      readonly live: readonly { id: string; prefix: string; createdAt: Date }[];
    }
  | { readonly refused: "narrow root key" }
  | { readonly refused: "wrong clock"; readonly leadMs: number };

/**
 * Makes what is missing; a second start changes nothing. Processes that start at once do this one after the other, and files
 * are read after taking the lock, so that those that share a data directory find what the first one made.
 */
export async function prepareInstallation(parts: Preparation): Promise<Prepared | StartRefusal> {
  const { database, newId, now } = parts;
  // Made by an attempt that a deadlock rolled back: the next finds the file.
  let isNew = false;
  const prepare = async (tx: Tx): Promise<Prepared | StartRefusal> => {
    const clockLeadMs = await findClockLead(tx, systemScope, now);
    if (isTooFar(clockLeadMs)) return { refused: "wrong clock", leadMs: clockLeadMs };
    const installation = await lockInstallation(tx, systemScope);
    const seal = await admitSealKey(tx, systemScope, installation, parts.sealKey);
    if ("refused" in seal) return { refused: `seal key ${seal.refused.is}`, sealed: seal.refused.sealed };
    const organizationId = await requireFirstOrganization(tx, systemScope, { newId, now });
    const root = await admitRootKey(tx, systemScope, installation, parts.rootKey, {
      organizationId,
      newId,
      now,
    });
    if ("refused" in root)
      return root.refused === "narrow"
        ? { refused: "narrow root key" }
        : { refused: "another root key", live: root.live };
    isNew ||= root.isNew;
    return { organizationId, sealKey: seal.key, rootKey: { ...root, isNew }, clockLeadMs };
  };
  // Another start may hold the lock while it examines all that is sealed.
  return database.transaction(systemScope, prepare, { statementMs: LONG_STATEMENT_MS });
}
