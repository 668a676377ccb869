/** Downloads by signed links: attachments and raw messages, without a key (contract 9.7). */
import { create } from "content-disposition";
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Failure, fail } from "../../domain/door/failures.ts";
import {
  type Downloadable,
  type DownloadFile,
  type DownloadParts,
  openDownload,
  readLink,
} from "../../domain/mail/blobs/index.ts";
import type { FairQueue } from "../../lib/fair-queue.ts";
import type { LoopTurns } from "../../lib/loop-turns.ts";
import { bindingsOf } from "./bindings-of.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { refusalOf } from "./dialect/serve.ts";
import { RETRY_AFTER_SECONDS, SMALL_ANSWER_BYTES } from "./limits.ts";
import type { UnreadAnswers } from "./unread-answers.ts";

/**
 * A name without separators of paths: of `Invoice 11/2026.pdf` some clients keep what is behind the slash, and others save it in
 * a folder. Beside it, for clients that read no extended name, in ASCII without quotes and percent signs (RFC 6266 appendix D).
 */
function disposition(filename: string | null): string {
  if (filename === null) return create();
  const name = filename.replaceAll(/[/\\]/g, "_");
  return create(name, { fallback: name.replaceAll(/[^\x20-\x7e]|["%]/g, "_") });
}

/** A media type that is valid in a header, with its parameters, such as a charset; anything else is bytes. */
const safeType = (type: string | null): string =>
  type !== null && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(type)
    ? type
    : "application/octet-stream";

export interface FileParts extends DownloadParts {
  /** One that gives links out, below `/<dialect>/files/`. */
  readonly dialect: Dialect;
  readonly turns: Pick<LoopTurns, "during">;
  readonly unread: Pick<UnreadAnswers, "share" | "reading">;
}

/** Adds the links of a dialect. */
export function mountFiles(app: Hono, parts: FileParts): void {
  const { dialect, turns } = parts;
  app.get(`/${dialect.name}/files/:token`, async (context) => {
    try {
      const link = readLink(parts, context.req.param("token"));
      return await turns.during(link.podId, () => serve(parts, link, context));
    } catch (thrown) {
      const error = refusalOf(thrown);
      if (!(error instanceof Failure)) throw error;
      const answer = dialect.refusal(error, {
        requestId: context.get("requestId"),
        path: context.req.path,
      });
      if (answer.status === 503) context.header("retry-after", String(RETRY_AFTER_SECONDS));
      return context.json(answer.body, answer.status as ContentfulStatusCode);
    }
  });
}

async function serve(parts: FileParts, link: Downloadable, context: Context): Promise<Response> {
  const file = await openDownload(parts, link);
  const content = await readInto(parts.unread, file, context);
  return context.body(content, 200, {
    "content-type": safeType(file.contentType),
    "content-length": String(content.byteLength),
    "content-disposition": disposition(file.filename),
    // Mail is untrusted content: no script in it may run on this origin.
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=0",
  });
}

/** The bytes, which count against the budget until the response is closed: a slow client, or one that stopped reading, has us hold them. */
async function readInto(
  { share, reading }: FileParts["unread"],
  file: DownloadFile,
  context: Context,
): Promise<Buffer<ArrayBuffer>> {
  const { podId, size } = file;
  if (!share.tryAcquire(podId, size))
    throw fail("service.unavailable", {
      message: "Too many downloads at once",
      hint: "Try again when the running downloads have ended.",
    });
  const release = (): void => share.release(podId, size);
  const { outgoing } = bindingsOf(context);
  try {
    const content = size <= SMALL_ANSWER_BYTES ? await file.read() : await readLarge(reading, file);
    // The client has disconnected, or there is no socket at all.
    if (outgoing === undefined || outgoing.destroyed) release();
    else outgoing.once("close", release);
    // Cast: the driver's buffers are of their own memory.
    return content as Buffer<ArrayBuffer>;
  } catch (error) {
    release();
    throw error;
  }
}

/** A few at once: ten of 20 MB would have all connections to the database, and the cores, for seconds. */
async function readLarge(reading: FairQueue, { podId, read }: DownloadFile): Promise<Buffer> {
  await reading.acquire(podId);
  try {
    return await read();
  } finally {
    reading.release(podId);
  }
}
