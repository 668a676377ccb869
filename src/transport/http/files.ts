/** Bytes by signed links, without a key (contract 9.7): downloads of attachments, raw messages and files, and uploads of files. */
import type { ServerResponse } from "node:http";
import { create } from "content-disposition";
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Failure, fail, invalid } from "../../domain/door/failures.ts";
import {
  type ByteRange,
  findLink,
  type Linked,
  openUpload,
  type UploadParts,
} from "../../domain/mail/files/index.ts";
import type { InTurn, LoopTurns } from "../../lib/loop-turns.ts";
import { bindingsOf } from "./bindings-of.ts";
import type { BodyBudget } from "./body-budget.ts";
import { rangeOf } from "./byte-range.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { RETRY_AFTER_SECONDS, SMALL_ANSWER_BYTES } from "./limits.ts";
import { refusalOf } from "./loop-refusal.ts";
import type { UnreadAnswers } from "./unread-answers.ts";

export interface FileParts extends UploadParts {
  /** One that gives links out, below `/<dialect>/files/`. */
  readonly dialect: Dialect;
  readonly turns: Pick<LoopTurns, "during">;
  /** Memory, which all dialects share: of bodies that come, and of bytes that are not read yet. */
  readonly bodies: BodyBudget;
  readonly unread: Pick<UnreadAnswers, "share" | "reading">;
}

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

const pathIn = (dialect: Pick<Dialect, "name">): string => `/${dialect.name}/files/`;

/** The token of a link to bytes, whatever the host that it names: who signed it is asked of the token. Null: it is no such link. */
export function tokenOfLink(dialects: readonly Pick<Dialect, "name">[], url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { pathname } = new URL(url);
  const prefix = dialects.map(pathIn).find((path) => pathname.startsWith(path));
  return prefix === undefined ? null : pathname.slice(prefix.length);
}

/** Adds the links of a dialect. */
export function mountFiles(app: Hono, parts: FileParts): void {
  const { dialect, turns } = parts;
  const path = `${pathIn(dialect)}:token`;
  app.get(path, (context) =>
    answered(context, dialect, async () => {
      const link = await findLink(parts, context.req.param("token") ?? "");
      return await turns.during(link.podId, async () => send(context, parts, await link.open()));
    }),
  );
  app.put(path, (context) =>
    answered(context, dialect, async () => {
      const upload = await openUpload(parts, context.req.param("token") ?? "", {
        contentType: context.req.header("content-type") ?? null,
        sha256: digestOf(context.req.header("content-digest")),
        sizeBytes: sizeOf(context.req.header("content-length")),
      });
      const reserved = parts.bodies.reserve(upload.podId, upload.heldBytes);
      try {
        await upload.receive(chunksOf(context.req.raw), (work) => turns.during(upload.podId, work));
      } finally {
        reserved.release();
      }
      return context.body(null, 200);
    }),
  );
}

async function answered(context: Context, dialect: Dialect, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act();
  } catch (thrown) {
    const error = refusalOf(thrown);
    if (!(error instanceof Failure)) throw error;
    const answer = dialect.refusal(error, { requestId: context.get("requestId"), path: context.req.path });
    if (answer.status === 503) context.header("retry-after", String(RETRY_AFTER_SECONDS));
    return context.json(answer.body, answer.status as ContentfulStatusCode);
  }
}

/** The SHA-256 of a Content-Digest (RFC 9530 section 2), as it is written; null without one. */
const digestOf = (header: string | undefined): string | null =>
  /(?:^|,)\s*sha-256=:([^:]*):/.exec(header ?? "")?.[1] ?? null;

const sizeOf = (header: string | undefined): number | null => (header === undefined ? null : Number(header));

async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array, void> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      // Only the caller's connection can fail here.
      const { done, value } = await reader.read().catch(() => {
        throw invalid([], "The body ended before its length");
      });
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** The bytes that are asked for: all, or the range that is left of an interrupted download. */
async function send(context: Context, parts: FileParts, file: Linked): Promise<Response> {
  const { req } = context;
  const etag = file.sha256 === null ? null : `"${file.sha256.toString("base64url")}"`;
  const wanted = rangeOf(
    {
      // Of a HEAD no range is asked for (RFC 9110 section 14.2).
      range: req.method === "GET" ? req.header("range") : undefined,
      ifRange: req.header("if-range"),
      ifNoneMatch: req.header("if-none-match"),
    },
    file.size,
    etag,
  );
  const headers = { ...headersOf(file), ...(etag !== null && { etag }) };
  if (wanted === "same") return context.body(null, 304, headers);
  if (wanted === "none")
    return context.body(null, 416, { ...headers, "content-range": `bytes */${file.size}` });
  const range = wanted === "all" ? { start: 0, end: file.size } : wanted;
  const ofContent = {
    ...headers,
    "content-type": safeType(file.contentType),
    "content-length": String(range.end - range.start),
    ...(wanted !== "all" && { "content-range": `bytes ${range.start}-${range.end - 1}/${file.size}` }),
  };
  if (req.method === "HEAD") return context.body(null, 200, ofContent);
  return context.body(await contentOf(context, parts, file, range), wanted === "all" ? 200 : 206, ofContent);
}

function headersOf(file: Linked): Record<string, string> {
  return {
    "accept-ranges": "bytes",
    "content-disposition": disposition(file.filename),
    // Mail is untrusted content, and so are files: no script in them may run on this origin, and no page show them as its own.
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    // The link is the key to the bytes.
    "referrer-policy": "no-referrer",
    "cache-control": "private, max-age=0",
  };
}

/** The bytes, which count against the budget until the response is closed: a slow client, or one that stopped reading, has us hold them. */
async function contentOf(
  context: Context,
  { turns, unread: { share, reading } }: FileParts,
  file: Linked,
  range: ByteRange,
): Promise<Buffer<ArrayBuffer> | ReadableStream<Uint8Array>> {
  const { podId, pieces, size } = file;
  const bytes = pieces?.bytes ?? size;
  if (!share.tryAcquire(podId, bytes))
    throw fail("service.unavailable", {
      message: "Too many downloads at once",
      hint: "Try again when the running downloads have ended.",
    });
  const release = (): void => share.release(podId, bytes);
  /** A few at once: ten of 20 MB would have all connections to the database, and the cores, for seconds. */
  const aFew: InTurn = (work) => reading.during(podId, work);
  const { outgoing } = bindingsOf(context);
  try {
    const content =
      pieces !== null
        ? ReadableStream.from(
            orBroken(
              pieces.read((work) => aFew(() => turns.during(podId, work)), range),
              outgoing,
            ),
          )
        : size <= SMALL_ANSWER_BYTES
          ? (await file.read()).subarray(range.start, range.end)
          : (await aFew(file.read)).subarray(range.start, range.end);
    // The client has disconnected, or there is no socket at all.
    if (outgoing === undefined || outgoing.destroyed) release();
    else outgoing.once("close", release);
    // Cast: the driver's buffers are of their own memory.
    return content as Buffer<ArrayBuffer> | ReadableStream<Uint8Array>;
  } catch (error) {
    release();
    throw error;
  }
}

/** Of a file that is gone meanwhile, or a database that is, the connection breaks, so that no client takes a part for the whole. */
async function* orBroken(
  pieces: AsyncGenerator<Buffer, void>,
  outgoing: ServerResponse | undefined,
): AsyncGenerator<Buffer, void> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof Failure) || outgoing === undefined) throw error;
    outgoing.destroy();
  }
}
