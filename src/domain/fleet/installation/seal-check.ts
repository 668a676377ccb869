/** Does the seal key of this process open what the database holds? */
import { createSealer, SealBroken } from "../../../lib/seal.ts";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { newestWebhookSeal, type Opens } from "../../notify/webhooks/index.ts";
import { newestDomainSeal } from "../../tenancy/domains/index.ts";
import type { SecretSource } from "./secret-source.ts";
import { countSealed, type InstallationRow, type SealedCounts, updateInstallation } from "./store.ts";

const CANARY_SEAL = "canary";
const CANARY = "rookery";

/** `absent`: nothing is sealed with any key yet, or there is no key for what is. */
export type SealState =
  | { readonly is: "unused" }
  | { readonly is: "right" }
  | { readonly is: "absent" | "wrong"; readonly sealed: SealedCounts };

/** @param key 64 hex digits; null: nothing opens */
export function opener(key: string | null): Opens {
  const sealer = key === null ? null : createSealer(Buffer.from(key, "hex"));
  return (sealed, purpose) => {
    if (sealer === null) return false;
    try {
      sealer.open(sealed, purpose);
      return true;
    } catch (error) {
      if (error instanceof SealBroken) return false;
      throw error;
    }
  };
}

/**
 * Compares a seal key with the canary; in a database that no start has written one into, with what was sealed last, because a
 * database of before the canary may hold rows of several keys, and the last is the one in use.
 */
export async function examineSeal(
  tx: Tx,
  scope: SystemScope,
  { sealCanary }: InstallationRow,
  key: string | null,
): Promise<SealState> {
  const canary = sealCanary === null ? null : { sealed: sealCanary, purpose: CANARY_SEAL };
  const sample = canary ?? (await newestWebhookSeal(tx, scope)) ?? (await newestDomainSeal(tx, scope));
  if (sample === null) return { is: "unused" };
  if (opener(key)(sample.sealed, sample.purpose)) return { is: "right" };
  return { is: key === null ? "absent" : "wrong", sealed: await countSealed(tx, scope) };
}

/** @param key 64 hex digits */
export async function writeCanary(tx: Tx, scope: SystemScope, key: string): Promise<void> {
  const sealCanary = createSealer(Buffer.from(key, "hex")).seal(CANARY, CANARY_SEAL);
  await updateInstallation(tx, scope, { sealCanary });
}

/** The seal key to run with, made where nothing is sealed yet; or why this process must not run. */
export async function admitSealKey(
  tx: Tx,
  scope: SystemScope,
  installation: InstallationRow,
  source: SecretSource,
): Promise<{ readonly key: string } | { readonly refused: Exclude<SealState, { is: "unused" | "right" }> }> {
  const given = await source.read();
  const state = await examineSeal(tx, scope, installation, given);
  if (state.is === "absent" || state.is === "wrong") return { refused: state };
  const key = given ?? (await source.make()).secret;
  if (installation.sealCanary === null) await writeCanary(tx, scope, key);
  return { key };
}
