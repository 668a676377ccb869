import { createHash } from "node:crypto";

/** SHA-256 of bytes, or of text as UTF-8: 32 bytes. */
export function sha256(data: string | Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}
