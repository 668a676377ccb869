/** A domain's signing key: its selector and public half for DNS, and its private half sealed. */
import type { Sealer } from "../../../lib/seal.ts";
import { generateDkimKeyPair } from "../../../protocols/dkim/key-pair.ts";
import type { DkimKeyPair } from "../../door/outside.ts";

/** Random part of a DKIM selector: enough that a new key of a domain does not meet the DNS record of an old one. */
const SELECTOR_BYTES = 4;

/** What a domain's private key is sealed for. */
export const DKIM_SEAL = "dkim";

export interface DkimKey {
  readonly selector: string;
  /** Base64 of its DER. */
  readonly publicKey: string;
  readonly privateKeySealed: Buffer;
}

interface Parts {
  readonly sealer: Sealer;
  readonly random: (bytes: number) => Uint8Array;
}

/** What is stored of a key pair. */
export const dkimKeyOf = (parts: Parts, pair: DkimKeyPair): DkimKey => ({
  selector: `rk${Buffer.from(parts.random(SELECTOR_BYTES)).toString("hex")}`,
  publicKey: pair.publicKeyBase64,
  privateKeySealed: parts.sealer.seal(pair.privateKeyPem, DKIM_SEAL),
});

/** Takes about 100 ms, off the main thread. */
export const makeDkimKey = async (parts: Parts): Promise<DkimKey> =>
  dkimKeyOf(parts, await generateDkimKeyPair());
