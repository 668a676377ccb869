/** The body of a request, held only while it is within bounds. */
import { invalid } from "../../domain/failures.ts";

/**
 * @returns the body's bytes, or null when there are more than `limitBytes`; what is over the limit is never held
 * @throws Failure input.invalid when the caller goes away before the body's end
 */
export async function readBody(request: Request, limitBytes: number): Promise<Buffer | null> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limitBytes) return null;
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > limitBytes) return null;
      chunks.push(chunk);
    }
  } catch {
    // Nothing but the caller's connection can fail here: it is no fault of ours, and nobody is left to read the answer.
    throw invalid([], "The body ended before its length");
  }
  return Buffer.concat(chunks);
}
