/** `inboxes files create --upload FILE`: what the API is told of a file, its bytes, and that it is complete. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Readable } from "node:stream";
import { z } from "zod";
import { codeOf } from "../../lib/error-code.ts";
import type { Call, Client } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { UsageError } from "../parts.ts";
import { createProgress } from "../progress.ts";

/** Size and digest of a file, and its name as the path. @throws UsageError when it cannot be read */
export async function describeFile(file: string, cwd: string): Promise<object> {
  const path = resolve(cwd, file);
  try {
    const { size } = await stat(path);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    return { path: basename(file), size, sha256: hash.digest("base64") };
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${codeOf(error)}).`);
  }
}

const created = z.looseObject({
  file_id: z.string(),
  size: z.number(),
  upload: z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }).optional(),
});

/** Bytes of a file from which on it is shown how many of them are sent: a second or two. */
const SHOWN_FROM_BYTES = 8 * 1024 * 1024;

/** @returns the file once it is ready @throws ClientError when its bytes are not taken: the same command once more begins anew */
export async function uploadFile(
  client: Client,
  { path }: Call,
  answer: unknown,
  /** Its path. */
  file: string,
): Promise<unknown> {
  const { file_id: id, size, upload } = created.parse(answer);
  // There already, with the same bytes.
  if (upload === undefined) return answer;
  const { url, headers } = upload;
  const response = await fetch(url, {
    method: "PUT",
    headers: { ...headers, "content-length": String(size) },
    body: Readable.toWeb(Readable.from(sent(file, size))),
    duplex: "half",
  }).catch((error: unknown) => {
    const cause = error instanceof Error ? error.cause : undefined;
    const why = codeOf(cause) || codeOf(error) || String(cause ?? error);
    throw new ClientError(
      `The bytes could not be sent to ${new URL(url).origin} (${why}). Run the command again.`,
    );
  });
  if (!response.ok)
    throw new ClientError(`The bytes were refused (${response.status}): ${await response.text()}`);
  return client.call({ method: "POST", path: `${path}/${id}/complete`, isRepeatable: true }, z.unknown());
}

/** The file's bytes, with a progress bar of those that are taken. */
async function* sent(file: string, size: number): AsyncGenerator<Uint8Array, void> {
  const progress = size < SHOWN_FROM_BYTES ? null : createProgress(size);
  try {
    for await (const chunk of createReadStream(file)) {
      yield chunk;
      progress?.step("bytes", chunk.length);
    }
  } finally {
    progress?.end();
  }
}
