import { createHash } from "node:crypto";

/** SHA-256 of the concatenation, text as UTF-8: 32 bytes. */
export function sha256(...pieces: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
