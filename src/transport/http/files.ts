/** Downloads by signed links: attachments and raw messages, without a key (contract 9.7). */
import { create } from "content-disposition";
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Failure, fail } from "../../domain/door/failures.ts";
import { type DownloadFile, type DownloadParts, openDownload } from "../../domain/mail/blobs/index.ts";
import type { FairShare } from "../../lib/fair-share.ts";
import { bindingsOf } from "./bindings-of.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";

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

/** Adds the links of a dialect that gives them out, below `/<dialect>/files/`. @param budget bytes, which all dialects share */
export function mountFiles(app: Hono, dialect: Dialect, parts: DownloadParts, budget: FairShare): void {
  app.get(`/${dialect.name}/files/:token`, async (context) => {
    try {
      const file = await openDownload(parts, context.req.param("token"));
      const content = await readInto(budget, file, context);
      return context.body(content, 200, {
        "content-type": safeType(file.contentType),
        "content-length": String(content.byteLength),
        "content-disposition": disposition(file.filename),
        // Mail is untrusted content: no script in it may run on this origin.
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, max-age=0",
      });
    } catch (error) {
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

/** The bytes, which count against the budget until the response is closed: a slow client, or one that stopped reading, has us hold them. */
async function readInto(
  budget: FairShare,
  file: DownloadFile,
  context: Context,
): Promise<Buffer<ArrayBuffer>> {
  const { podId, size } = file;
  if (!budget.tryAcquire(podId, size))
    throw fail("service.unavailable", {
      message: "Too many downloads at once",
      hint: "Try again when the running downloads have ended.",
    });
  const release = (): void => budget.release(podId, size);
  const { outgoing } = bindingsOf(context);
  try {
    const content = await file.read();
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
