/** Downloads behind signed links: attachments and raw messages, without a key (contract 9.7). */
import type { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Failure } from "../../../domain/failures.ts";
import { type DownloadParts, openDownload } from "../../../domain/messages/index.ts";
import { failureAnswer } from "./errors.ts";

/** RFC 6266 and 8187: an ASCII name for everybody, the real one for those who can. */
function disposition(filename: string | null): string {
  if (filename === null) return "attachment";
  const ascii = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(filename).replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)}`;
}

/** A media type that may stand in a header, with its parameters, such as a charset; anything else is bytes. */
const safeType = (type: string | null): string =>
  type !== null && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(type)
    ? type
    : "application/octet-stream";

export function mountFiles(app: Hono, parts: DownloadParts): void {
  app.get("/v0/files/:token", async (context) => {
    try {
      const file = await openDownload(parts, context.req.param("token"));
      return context.body(new Uint8Array(file.content), 200, {
        "content-type": safeType(file.contentType),
        "content-length": String(file.content.byteLength),
        "content-disposition": disposition(file.filename),
        // Mail is other people's content: it may not run here, whatever it is.
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, max-age=0",
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const answer = failureAnswer(error);
      return context.json(answer.body, answer.status as ContentfulStatusCode);
    }
  });
}
