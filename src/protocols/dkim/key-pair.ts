/** DKIM signing keys (RFC 6376). */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/** Bits: what RFC 8301 recommends, and the largest whose record still fits every DNS provider's form. */
const MODULUS_BITS = 2048;

/** Off the main thread; about 100 ms. */
export async function generateDkimKeyPair(): Promise<{ privateKeyPem: string; publicKeyBase64: string }> {
  const { privateKey, publicKey } = await generate("rsa", { modulusLength: MODULUS_BITS });
  return {
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKeyBase64: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  };
}

/** Value of the TXT record at `<selector>._domainkey.<domain>`. */
export const dkimRecordValue = (publicKeyBase64: string): string => `v=DKIM1; k=rsa; p=${publicKeyBase64}`;
