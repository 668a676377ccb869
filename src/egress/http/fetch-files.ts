/** GETs files from URLs that tenants name. `guarded-request.ts` decides which hosts are allowed, again for each redirect. */
import type { IncomingMessage } from "node:http";
import type { FilesOrder, Outside, RemoteFile } from "../../domain/door/outside.ts";
import { createFairShare } from "../../lib/fair-share.ts";
import { fileNameOf, mediaTypeOf } from "../../protocols/http/content-headers.ts";
import { checkTargetUrl } from "../../protocols/http/target-url.ts";
import {
  createGuardedClient,
  failureOf,
  type GuardedClient,
  type GuardParts,
  RequestFailure,
  within,
} from "./guarded-request.ts";

/** Characters; signed links to object stores have some thousands. Most servers take no longer line. */
const MAX_URL_LENGTH = 8192;
/** Orders at once, shared fairly among pods: each may hold the files of a whole message in memory. */
const MAX_ORDERS = 32;

export interface FileFetcherParts extends GuardParts {
  readonly userAgent: string;
}

export interface FileFetcher {
  readonly fetchFiles: Outside["files"];
  close(): void;
}

export function createFileFetcher(parts: FileFetcherParts): FileFetcher {
  // A file is fetched once: no connection is worth keeping.
  const client = createGuardedClient(parts, 0);
  const share = createFairShare(MAX_ORDERS);
  return {
    async fetchFiles(order) {
      if (!share.tryAcquire(order.podId)) return { kind: "busy" };
      const files: RemoteFile[] = [];
      try {
        await within(order.timeoutMs, (deadline) =>
          fetchAll({ ...parts, client, deadline, tenant: order.podId }, order, files),
        );
        return { kind: "files", files };
      } catch (error) {
        return { kind: "refused", index: files.length, why: failureOf(error).message };
      } finally {
        share.release(order.podId);
      }
    },
    close: () => client.close(),
  };
}

interface Reach extends FileFetcherParts {
  readonly tenant: string;
  readonly client: GuardedClient;
  readonly deadline: AbortSignal;
}

/** One after the other, so that what is read never exceeds what all of them may have. */
async function fetchAll(reach: Reach, order: FilesOrder, files: RemoteFile[]): Promise<void> {
  let leftBytes = order.maxBytes;
  for (const url of order.urls) {
    const file = await fetchOne(reach, url, leftBytes, order.maxRedirects);
    leftBytes -= file.content.byteLength;
    files.push(file);
  }
}

/** An answer that came, but not with a file to attach. */
class UnusableAnswer extends Error {}

async function fetchOne(
  reach: Reach,
  first: string,
  maxBytes: number,
  maxRedirects: number,
): Promise<RemoteFile> {
  let url = first;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const asked = allowedUrl(reach, url);
    const answer = await get(reach, asked);
    const location = locationOf(answer);
    if (location === null) return await fileOf(answer, asked, maxBytes);
    answer.destroy();
    if (!URL.canParse(location, asked)) throw new UnusableAnswer("it redirects to an invalid URL");
    url = new URL(location, asked).href;
  }
  throw new UnusableAnswer(`it redirects more than ${maxRedirects} times`);
}

/** A fragment is for the user agent (RFC 9110 section 4.2.5), so it is not sent. */
function allowedUrl({ allowPrivate }: Reach, text: string): string {
  const check = checkTargetUrl(text.replace(/#.*$/s, ""), allowPrivate, MAX_URL_LENGTH);
  if (!check.ok) throw new RequestFailure("refused_target", check.why);
  return check.url;
}

function get({ client, tenant, userAgent, deadline }: Reach, url: string): Promise<IncomingMessage> {
  const headers = { accept: "*/*", "accept-encoding": "identity", "user-agent": userAgent };
  return client.request({ tenant, method: "GET", url, headers, body: null }, deadline);
}

function locationOf({ statusCode = 0, headers }: IncomingMessage): string | null {
  return [301, 302, 303, 307, 308].includes(statusCode) ? (headers.location ?? null) : null;
}

async function fileOf(answer: IncomingMessage, url: string, maxBytes: number): Promise<RemoteFile> {
  const { statusCode = 0, headers } = answer;
  const encoding = headers["content-encoding"] ?? "identity";
  try {
    if (statusCode < 200 || statusCode > 299)
      throw new UnusableAnswer(`it was answered with status ${statusCode}`);
    if (encoding.toLowerCase() !== "identity")
      throw new UnusableAnswer(`it came in the encoding ${encoding}, which was not requested`);
    if (Number(headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    return {
      content: await readWhole(answer, maxBytes),
      filename: fileNameOf(headers["content-disposition"], url),
      contentType: mediaTypeOf(headers["content-type"]),
    };
  } finally {
    answer.destroy();
  }
}

const tooLarge = (maxBytes: number): UnusableAnswer =>
  new UnusableAnswer(`it is larger than the ${maxBytes} bytes that are left for the message`);

/** Bytes of the first buffer: most files fit after few doublings. */
const FIRST_BUFFER_BYTES = 64 * 1024;

/** Into one buffer that grows: kept piece by piece, a body of one-byte chunks would take a hundred times its size. */
async function readWhole(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  let buffer = Buffer.alloc(FIRST_BUFFER_BYTES);
  let size = 0;
  for await (const chunk of piecesOf(answer)) {
    if (size + chunk.byteLength > maxBytes) throw tooLarge(maxBytes);
    if (size + chunk.byteLength > buffer.byteLength) {
      const larger = Buffer.alloc(Math.max(2 * buffer.byteLength, size + chunk.byteLength));
      buffer.copy(larger);
      buffer = larger;
    }
    chunk.copy(buffer, size);
    size += chunk.byteLength;
  }
  return buffer.subarray(0, size);
}

async function* piecesOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    // Cast: without setEncoding, node gives buffers.
    for await (const chunk of answer) yield chunk as Buffer;
  } catch {
    throw new UnusableAnswer("its answer was cut short");
  }
}
