/** Answers that are no errors, as they are sent: whole, in the pieces in which they were written, and as they are made. */
import { create as contentDisposition } from "content-disposition";
import type { Context } from "hono";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import type { Log } from "../../../lib/log.ts";
import type { InTurn, Pause } from "../../../lib/loop-turns.ts";
import type { BodyReservation } from "../body-budget.ts";
import { LIST_PIECE_ITEMS, PIECE_CHARACTERS } from "../limits.ts";
import { TAR, writeArchive } from "./archive.ts";
import type { Answering, Dialect } from "./dialect.ts";
import { bytesOf, sendPieces, type Written, writePieces } from "./pieces.ts";
import type { RouteAnswer } from "./route.ts";
import { wholeList } from "./whole-list.ts";
import { writeJson } from "./wire-list.ts";

export const answeringOf = (context: Context): Answering => ({
  requestId: context.get("requestId"),
  path: context.req.path,
});

/** @param reserve takes the memory that it holds until it has ended @throws Failure when there is none */
export function sendArchive(
  context: Context,
  { files, filename, status }: Extract<RouteAnswer, { readonly files: unknown }>,
  {
    inTurn,
    log,
    reserve,
  }: { readonly inTurn: InTurn; readonly log: Log; readonly reserve: () => BodyReservation },
): Response {
  const { requestId, path } = answeringOf(context);
  const reserved = reserve();
  const failed = (error: unknown): void => log.warn({ error, path, requestId }, "an archive was broken off");
  const body = writeArchive({ files, inTurn, failed, ended: () => reserved.release() });
  const headers = {
    "content-type": TAR,
    "content-disposition": contentDisposition(filename),
    "x-content-type-options": "nosniff",
  };
  return context.body(body, status as ContentfulStatusCode, headers);
}

/** Of an answer, in one turn of the event loop. */
export const PIECE = { items: LIST_PIECE_ITEMS, characters: PIECE_CHARACTERS } as const;

export interface Sending {
  /** Waits, between two pieces of a long answer, until the next may be written. */
  readonly pause: Pause;
  readonly hold: (answered: Written) => void;
  readonly inTurn: InTurn;
  readonly log: Log;
}

export async function send(
  context: Context,
  dialect: Dialect,
  answer: Exclude<RouteAnswer, { readonly lines: unknown } | { readonly files: unknown }>,
  { pause, hold, inTurn, log }: Sending,
): Promise<Response> {
  if ("content" in answer) {
    hold(answer.content);
    // Cast: these bytes are not in shared memory, which is what Hono's type requires.
    const content = answer.content as string | Uint8Array<ArrayBuffer>;
    return context.body(content, answer.status as ContentfulStatusCode, { ...answer.headers });
  }
  if (answer.body === undefined) return context.body(null, answer.status as StatusCode);
  const body = dialect.envelope(answer.body, answeringOf(context));
  const written = await writeJson(body, PIECE, pause);
  // What follows one piece takes its place.
  hold(written);
  const headers = { "content-type": "application/json" };
  const status = answer.status as ContentfulStatusCode;
  if (answer.rest !== undefined)
    return context.body(restOf(context, wholeList(written, answer.rest), inTurn, log), status, headers);
  if (typeof written === "string") return context.body(written, status, headers);
  const length = bytesOf(written);
  if (length <= PIECE.characters) return context.body(Buffer.concat(written), status, headers);
  return context.body(sendPieces(written), status, { ...headers, "content-length": String(length) });
}

function restOf(
  context: Context,
  pieces: AsyncIterator<Uint8Array, void>,
  inTurn: InTurn,
  log: Log,
): ReadableStream<Uint8Array> {
  const { requestId, path } = answeringOf(context);
  const failed = (error: unknown): null => {
    log.warn({ error, path, requestId }, "a list was broken off");
    return null;
  };
  return writePieces({ pieces, bytesOf: (bytes) => bytes, inTurn, failed });
}
