/** What a part holds. */
import type { Part } from "./parts.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

/** The bytes of a part, out of their transfer encoding. */
export function contentOf(part: Part): Buffer {
  const encoding = part.fields.find(({ key }) => key === "content-transfer-encoding");
  return decodeTransfer(part.body, encoding?.value ?? "");
}
