import type { IncomingMessage } from "node:http";
import { RequestFailure } from "./guarded-request.ts";

/**
 * The body of an answer. One that has more than `maxBytes` is read no further, and its connection is closed.
 * @throws RequestFailure for such a one; what the connection does when it breaks
 */
export async function readWhole(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > maxBytes) throw new RequestFailure("connection", `its answer has more than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
