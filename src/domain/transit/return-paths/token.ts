/**
 * Envelope senders of mail to other servers: `bounces+<token>@<return-path host>`, an address for each delivery (VERP). The token is signed,
 * so that who was never sent the mail can report nothing of it.
 */
import { timingSafeEqual } from "node:crypto";
import type { Sealer } from "../../../lib/seal.ts";
import { RETURN_PATH_DAYS } from "./limits.ts";

type Signer = Pick<Sealer, "sign">;

const PURPOSE = "return path";
/** Local part in front of the token, which stands where a plus-tag does. */
const PREFIX = "bounces+";

/** Octets of a delivery's id, of the last day on which the token counts, and of the signature (RFC 2104 section 5 asks for 10 at least). */
const ID_BYTES = 16;
const DAY_BYTES = 2;
const MAC_BYTES = 10;
const TOKEN_BYTES = ID_BYTES + DAY_BYTES + MAC_BYTES;
/** Characters of a token: with its prefix 53 of the 64 octets of a local part (RFC 5321 section 4.5.3.1.1). */
const TOKEN_LENGTH = Math.ceil((TOKEN_BYTES * 8) / 5);

const DAY_MS = 86_400_000;

const dayOf = (at: Date): number => Math.floor(at.getTime() / DAY_MS);

/** Base 32 (RFC 4648 section 6) in lower case: some servers change the case of local parts. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

function encode(bytes: Uint8Array): string {
  let [text, value, bits] = ["", 0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31];
}

/** @returns null for what `encode` never gives */
function decode(text: string): Buffer | null {
  const bytes: number[] = [];
  let [value, bits] = [0, 0];
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit === -1) return null;
    value = ((value << 5) | digit) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  const decoded = Buffer.from(bytes);
  return encode(decoded) === text ? decoded : null;
}

const macOf = (signer: Signer, signed: Uint8Array): Buffer =>
  Buffer.from(signer.sign(Buffer.from(signed).toString("hex"), PURPOSE), "base64url").subarray(0, MAC_BYTES);

/** @param deliveryId a UUID @param host in A-labels */
export function returnPathFor(signer: Signer, deliveryId: string, host: string, now: Date): string {
  const signed = Buffer.alloc(ID_BYTES + DAY_BYTES);
  signed.write(deliveryId.replaceAll("-", ""), "hex");
  signed.writeUInt16BE(dayOf(now) + RETURN_PATH_DAYS, ID_BYTES);
  return `${PREFIX}${encode(Buffer.concat([signed, macOf(signer, signed)]))}@${host}`;
}

/**
 * The delivery that an address is the envelope sender of, on whatever host.
 * @returns its id; null for any other address, and for a token that was changed or has expired
 */
export function deliveryOfReturnPath(signer: Signer, address: string, now: Date): string | null {
  const local = address.slice(0, Math.max(address.lastIndexOf("@"), 0)).toLowerCase();
  if (!local.startsWith(PREFIX) || local.length !== PREFIX.length + TOKEN_LENGTH) return null;
  const token = decode(local.slice(PREFIX.length));
  if (token?.length !== TOKEN_BYTES) return null;
  const signed = token.subarray(0, ID_BYTES + DAY_BYTES);
  if (!timingSafeEqual(macOf(signer, signed), token.subarray(ID_BYTES + DAY_BYTES))) return null;
  if (dayOf(now) > signed.readUInt16BE(ID_BYTES)) return null;
  return signed.toString("hex", 0, ID_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
