/** Mounts this facade's routes on a Hono app: bodies, errors and headers as its contract has them. */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import type { Authenticator } from "../../../domain/access/index.ts";
import { Failure, fail, invalid } from "../../../domain/failures.ts";
import { MAX_REQUEST_BYTES } from "../../../domain/limits.ts";
import type { Door } from "../../../domain/operation.ts";
import type { Log } from "../../../lib/log.ts";
import { authenticate } from "../authenticate.ts";
import { readBody } from "../read-body.ts";
import { type ErrorAnswer, failureAnswer, internalAnswer, validationAnswer } from "./errors.ts";
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
  for (const route of v0Routes)
    app.on(route.method.toUpperCase(), honoPath(route.path), (context) =>
      guarded(context, parts, () => serve(context, parts, route)),
    );
  app.all("/v0/*", (context) => guarded(context, parts, () => refuse(context, parts)));
}

async function serve(context: Context, parts: V0Parts, route: Route): Promise<Response> {
  const actor = await authenticate(parts.authenticator, context.req.header("authorization"));
  const answer = await route.handle(parts.door, actor, await requestOf(context, parts));
  return send(context, answer);
}

/** A caller without a key learns nothing about which routes there are. */
async function refuse(context: Context, parts: V0Parts): Promise<Response> {
  await authenticate(parts.authenticator, context.req.header("authorization"));
  throw fail("route.not_found", { say: "Route not found", fix: "See /docs for the routes there are." });
}

async function requestOf(context: Context, parts: V0Parts): Promise<V0Request> {
  const url = new URL(context.req.url);
  const params = context.req.param() as Record<string, string>;
  // Ids of every kind are printable; PostgreSQL would refuse a NUL in one with an error of its own.
  if (Object.values(params).some((value) => /[\p{Cc}\p{Cs}]/u.test(value)))
    throw fail("route.not_found", { say: "Not found", fix: "An id in the path has control characters." });
  return {
    params,
    query: context.req.queries(),
    body: await bodyOf(context),
    header: (name) => context.req.header(name),
    origin: parts.publicUrl ?? url.origin,
  };
}

/** JSON whatever the content type says; an absent body is an empty object (contract 1.1). */
async function bodyOf(context: Context): Promise<unknown> {
  if (context.req.method === "GET" || context.req.method === "DELETE") return {};
  const text = await readBody(context.req.raw, MAX_REQUEST_BYTES);
  if (text === null)
    throw fail("input.too_large", {
      say: `The request body exceeds ${MAX_REQUEST_BYTES} bytes`,
      fix: "Send large attachments in several messages.",
    });
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text, storable) as unknown;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new InvalidRequest(
      validationAnswer(
        [{ code: "invalid_format", path: [], message: "Invalid JSON string", ...{ format: "json_string" } }],
        "Send a JSON object as the body.",
      ),
    );
  }
}

/** PostgreSQL stores neither NUL nor half a surrogate pair: the first is refused by name, the second replaced. */
function storable(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value.includes("\0")) throw invalid(key === "" ? [] : [key], "NUL characters are not allowed");
  return value.isWellFormed() ? value : value.toWellFormed();
}

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
