/** `inboxes files create --upload FILE`: what the API is told of a file, its bytes, and that it is complete. */
import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { z } from "zod";
import { codeOf } from "../../lib/error-code.ts";
import type { Call, Client } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { UsageError } from "../parts.ts";

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
  upload: z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }).optional(),
});

/** @returns the file once it is ready @throws ClientError when its bytes are not taken */
export async function uploadFile(
  client: Client,
  { path }: Call,
  answer: unknown,
  /** Its path. */
  file: string,
): Promise<unknown> {
  const { file_id: id, upload } = created.parse(answer);
  // There already, with the same bytes.
  if (upload === undefined) return answer;
  const { url, headers } = upload;
  const response = await fetch(url, { method: "PUT", headers, body: await openAsBlob(file) }).catch(
    (error: unknown) => {
      throw new ClientError(`The bytes could not be sent to ${new URL(url).origin} (${codeOf(error)}).`);
    },
  );
  if (!response.ok)
    throw new ClientError(`The bytes were refused (${response.status}): ${await response.text()}`);
  return client.call({ method: "POST", path: `${path}/${id}/complete`, isRepeatable: true }, z.unknown());
}
