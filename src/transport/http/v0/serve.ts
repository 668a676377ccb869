/** Mounts this facade's routes on a Hono app: bodies, errors and headers as its contract has them. */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import type { Authenticator } from "../../../domain/door/access/index.ts";
import { Failure, fail } from "../../../domain/door/failures.ts";
import type { Door } from "../../../domain/door/operation.ts";
import { MAX_BODY_BYTES_HELD } from "../../../domain/limits.ts";
import { createFairRoom, type FairRoom } from "../../../lib/fair-room.ts";
import type { Log } from "../../../lib/log.ts";
import { authenticate } from "../authenticate.ts";
import { parseJson } from "../parse-json.ts";
import { readBody } from "../read-body.ts";
import { type ErrorAnswer, failureAnswer, internalAnswer, noRoute, validationAnswer } from "./errors.ts";
import { v0Routes } from "./index.ts";
import { InvalidRequest, type Route, type V0Answer, type V0Request } from "./route.ts";

export interface V0Parts {
  readonly door: Door;
  readonly authenticator: Authenticator;
  readonly log: Log;
  /** Null: links are written with the host that the request came to. */
  readonly publicUrl: string | null;
}

/** Message-IDs may hold slashes, and some clients send them raw; every other parameter is one segment (contract 1.4). */
function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    name === "message_id" ? ":message_id{.+}" : `:${name}`,
  );
}

/** Adds every route of the facade under `/v0`, and its own answer for paths that are none. */
export function mountV0(app: Hono, parts: V0Parts): void {
  const bodies = createFairRoom(MAX_BODY_BYTES_HELD);
  for (const route of v0Routes)
    app.on(route.method.toUpperCase(), honoPath(route.path), (context) =>
      guarded(context, parts, () => serve(context, parts, route, bodies)),
    );
  app.all("/v0/*", (context) => guarded(context, parts, () => refuse(context, parts)));
}

async function serve(context: Context, parts: V0Parts, route: Route, bodies: FairRoom): Promise<Response> {
  const actor = await authenticate(parts.authenticator, context.req.header("authorization"));
  const tenant = actor.scope.podId ?? actor.scope.organizationId;
  const bytes = announcedBytes(context, route);
  if (!bodies.take(tenant, bytes))
    throw fail("service.unavailable", {
      say: "Too many large requests at once",
      fix: "Try again in a few seconds, and send fewer of this size at the same time.",
    });
  try {
    const answer = await route.handle(parts.door, actor, await requestOf(context, parts, route));
    return send(context, answer);
  } finally {
    bodies.give(tenant, bytes);
  }
}

/** How much of a body may have to be held: what it says, or as much as it may have. One that says too much is refused unread. */
function announcedBytes(context: Context, { body, maxBodyBytes }: Route): number {
  if (body === undefined) return 0;
  const length = context.req.header("content-length");
  if (length === undefined) return context.req.header("transfer-encoding") === undefined ? 0 : maxBodyBytes;
  return Number(length) <= maxBodyBytes ? Number(length) : 0;
}

/** A caller without a key learns nothing about which routes there are. */
async function refuse(context: Context, parts: V0Parts): Promise<Response> {
  await authenticate(parts.authenticator, context.req.header("authorization"));
  throw noRoute();
}

async function requestOf(context: Context, parts: V0Parts, route: Route): Promise<V0Request> {
  const url = new URL(context.req.url);
  const params = context.req.param() as Record<string, string>;
  // Ids of every kind are printable; PostgreSQL would refuse a NUL in one with an error of its own.
  if (Object.values(params).some((value) => /[\p{Cc}\p{Cs}]/u.test(value)))
    throw fail("route.not_found", { say: "Not found", fix: "An id in the path has control characters." });
  return {
    params,
    query: context.req.queries(),
    // What a route takes no body for is not read, whatever is sent.
    body: route.body === undefined ? {} : await bodyOf(context, route.maxBodyBytes),
    header: (name) => context.req.header(name),
    origin: parts.publicUrl ?? url.origin,
  };
}

/** JSON whatever the content type says; an absent body is an empty object (contract 1.1). */
async function bodyOf(context: Context, limitBytes: number): Promise<unknown> {
  const bytes = await readBody(context.req.raw, limitBytes);
  if (bytes === null)
    throw fail("input.too_large", {
      say: `The request body exceeds ${limitBytes} bytes`,
      fix: "Send less at once: attachments in several messages, everything else in several requests.",
    });
  if (bytes.every(isBlank)) return {};
  const value = parseJson(bytes);
  if (value !== undefined) return value;
  const issue = { code: "invalid_format", format: "json_string", path: [], message: "Invalid JSON string" };
  throw new InvalidRequest(validationAnswer([issue], "Send a JSON object in UTF-8 as the body."));
}

/** Space, tab, CR or LF: what JSON may stand between (RFC 8259 section 2). */
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;

async function guarded(context: Context, parts: V0Parts, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    const answer = answerTo(error);
    if (answer === internalAnswer) {
      const { path } = context.req;
      parts.log.error({ error, path, requestId: context.get("requestId") }, "request failed");
    }
    return context.json(answer.body, answer.status as ContentfulStatusCode);
  }
}

function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof Failure) return failureAnswer(error);
  if (error instanceof InvalidRequest) return error.answer;
  return internalAnswer;
}

function send(context: Context, answer: V0Answer): Response {
  if ("text" in answer)
    return context.body(answer.text, answer.status as ContentfulStatusCode, { ...answer.headers });
  if (answer.body === undefined) return context.body(null, answer.status as StatusCode);
  return context.json(answer.body as object, answer.status as ContentfulStatusCode);
}
