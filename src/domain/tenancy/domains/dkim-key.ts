/** A domain's signing keys: selector and public half for DNS, the private half sealed. */
import type { Sealer } from "../../../lib/seal.ts";
import {
  type DkimAlgorithm,
  type DkimKeyPair,
  dkimAlgorithms,
  generateDkimKeyPair,
} from "../../../protocols/dkim/index.ts";

export { type DkimAlgorithm, dkimAlgorithms };

/** Random part of a DKIM selector: enough that a new key of a domain does not meet the DNS record of an old one. */
const SELECTOR_BYTES = 4;

/** What a domain's private key is sealed for. */
export const DKIM_SEAL = "dkim";

/**
 * `next`: waits until its record is seen. `active`: signs, one for each algorithm. `retiring`: signs no more, and its record stays until
 * what it signed is out.
 */
export type DkimKeyState = "next" | "active" | "retiring";

/** A key as its record publishes it. */
export interface PublishedKey {
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  /** As its record has it, base64. */
  readonly publicKey: string;
  readonly state: DkimKeyState;
  /** Since when it is in this state. */
  readonly stateAt: Date;
}

export interface DkimKey extends PublishedKey {
  readonly privateKeySealed: Buffer;
}

interface Parts {
  readonly sealer: Sealer;
  readonly random: (bytes: number) => Uint8Array;
  readonly now: Date;
}

/** What is stored of a key pair. */
export const dkimKeyOf = (parts: Parts, pair: DkimKeyPair, state: DkimKeyState): DkimKey => ({
  selector: `rk${Buffer.from(parts.random(SELECTOR_BYTES)).toString("hex")}`,
  algorithm: pair.algorithm,
  publicKey: pair.publicKeyBase64,
  state,
  stateAt: parts.now,
  privateKeySealed: parts.sealer.seal(pair.privateKeyPem, DKIM_SEAL),
});

/** A key for each algorithm. Takes about 100 ms, off the main thread. */
export async function makeDkimKeys(parts: Parts): Promise<DkimKey[]> {
  const pairs = await Promise.all(dkimAlgorithms.map(generateDkimKeyPair));
  return pairs.map((pair) => dkimKeyOf(parts, pair, "active"));
}
