import { createHash, hash as hashOnce } from "node:crypto";

/** SHA-256 of the concatenation, text as UTF-8: 32 bytes. */
export function sha256(...pieces: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

/** SHA-256 of one text, in hex: half of what the pieces take. */
export const sha256Hex = (text: string): string => hashOnce("sha256", text, "hex");
