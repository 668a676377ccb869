/** Mounts a dialect's routes on a Hono app: bodies, errors and headers as the dialect has them. */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Actor, Authenticator } from "../../../domain/door/access/index.ts";
import type { Door } from "../../../domain/door/door.ts";
import { Failure, fail } from "../../../domain/door/failures.ts";
import type { Newcomers } from "../../../domain/tenancy/sign-ups/index.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Log } from "../../../lib/log.ts";
import type { InTurn, LoopTurns, Pause } from "../../../lib/loop-turns.ts";
import { authenticate, challengeTo } from "../authenticate.ts";
import { incomingOf } from "../bindings-of.ts";
import type { BodyReservation } from "../body-budget.ts";
import { ARCHIVE_BYTES, JSON_PIECE_BYTES, MAX_REQUEST_BYTES, RETRY_AFTER_SECONDS } from "../limits.ts";
import { isBlankText, parseLongJson } from "../long-json.ts";
import { refusalOf } from "../loop-refusal.ts";
import { readBody } from "../read-body.ts";
import { CALLERS_WITHOUT_KEY, type Shares } from "../shares.ts";
import { type Answering, type Dialect, type ErrorAnswer, routesOf } from "./dialect.ts";
import { readForm } from "./form.ts";
import { InvalidRequest } from "./invalid-request.ts";
import { writeLines } from "./lines.ts";
import { bytesOf } from "./pieces.ts";
import { LINES, type ReceivedBody, type Route, type RouteRequest } from "./route.ts";
import { answeringOf, type Sending, send, sendArchive } from "./send.ts";

export interface DialectParts {
  readonly door: Door;
  readonly authenticator: Authenticator;
  /** Of those who have no key. */
  readonly newcomers: Newcomers;
  readonly log: Log;
  readonly clock: Clock;
  /** Of the event loop, by tenant. */
  readonly turns: LoopTurns;
  /** Null: links are written with the host that the request came to. */
  readonly publicUrl: string | null;
}

/** Adds every route of the dialect, and its own answer for paths below its prefix that are none. */
export function mountDialect(app: Hono, dialect: Dialect, parts: DialectParts, shares: Shares): void {
  // First: a path such as /messages/search would else be read as a message's id.
  for (const { method, path, hint } of dialect.unbuilt)
    app.on(method.toUpperCase(), honoPath(dialect, path), (context) =>
      answered(context, dialect, parts, () => refuse(context, parts, shares, notImplemented(hint))),
    );
  for (const { method, path, answer } of dialect.fixed)
    app.on(method.toUpperCase(), honoPath(dialect, path), (context) =>
      answered(context, dialect, parts, async () => {
        await authenticated(context, parts, shares);
        return sendError(context, answer(answeringOf(context)));
      }),
    );
  for (const route of routesOf(dialect))
    app.on(route.method.toUpperCase(), honoPath(dialect, route.path), (context) =>
      answered(context, dialect, parts, () => serve(context, dialect, { ...parts, shares }, route), route),
    );
  app.all(`/${dialect.name}/*`, (context) =>
    answered(context, dialect, parts, () => refuse(context, parts, shares, noRoute())),
  );
}

/** Every parameter is one segment but those that may hold slashes. */
function honoPath({ greedyParameters }: Dialect, path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    greedyParameters.has(name) ? `:${name}{.+}` : `:${name}`,
  );
}

async function serve(
  context: Context,
  dialect: Dialect,
  parts: DialectParts & { readonly shares: Shares },
  route: Route,
): Promise<Response> {
  const { bodies, unread } = parts.shares;
  const caller = await callerOf(context, parts, route);
  const { tenant, actor: known } = caller;
  // A body that may be large takes seconds of the event loop to be read.
  if (known !== null && route.maxBodyBytes > MAX_REQUEST_BYTES) route.admit(parts.door, known);
  const reserved = bodies.reserve(tenant, announcedBytes(context, route));
  const large = unread.largeRead(tenant);
  try {
    return await caller.during(async (pause) => {
      const received = await requestOf(context, parts, route, { reserved, pause });
      const request = { ...received, room: large.room, actorNow: caller.actorNow };
      const target = dialect.target(request.params);
      const answer = await caller.as(request, (actor) => route.handle(parts.door, actor, target, request));
      // What is made after this request's own turn is over is work as well, and its cost counts.
      const inTurn: InTurn = (make) => parts.turns.during(tenant, make);
      if ("files" in answer)
        return sendArchive(context, answer, {
          inTurn,
          log: parts.log,
          reserve: () => bodies.reserve(tenant, ARCHIVE_BYTES),
        });
      if (!("lines" in answer)) {
        const hold: Sending["hold"] = (answered) => {
          // It is made: what it was made of is garbage.
          large.release();
          unread.hold(context, tenant, bytesOf(answered));
        };
        return await send(context, dialect, answer, { pause, hold, inTurn, log: parts.log });
      }
      const failed = (error: unknown): unknown =>
        answerOf(context, dialect, parts, refusalOf(error), route).body;
      const body = writeLines({ lines: answer.lines, inTurn, failed });
      return context.body(body, answer.status as ContentfulStatusCode, { "content-type": LINES });
    });
  } catch (error) {
    throw refusalOf(error);
  } finally {
    large.release();
    reserved.release();
  }
}

/** Who makes a request, as far as that is known before its body is. */
interface Caller {
  /** By which it shares. */
  readonly tenant: string;
  /** Null: its body says who it is. */
  readonly actor: Actor | null;
  /** Runs its work in a turn of the event loop. */
  during(work: (pause: Pause) => Promise<Response>): Promise<Response>;
  /** Who it is by now; absent: who its body says. @throws Failure as authenticate */
  readonly actorNow?: () => Promise<Actor>;
  /** Runs it as whom the request is of. */
  as<Result>(request: RouteRequest, work: (actor: Actor) => Promise<Result>): Promise<Result>;
}

async function callerOf(
  context: Context,
  parts: DialectParts & { readonly shares: Shares },
  { newcomer }: Route,
): Promise<Caller> {
  if (newcomer === null) {
    const actorNow = () => authenticated(context, parts, parts.shares);
    const actor = await actorNow();
    const tenant = actor.scope.podId ?? actor.scope.organizationId;
    return {
      ...{ tenant, actor, actorNow },
      during: (work) => parts.turns.during(tenant, work),
      as: (_request, work) => work(actor),
    };
  }
  // Counted like a guess at a key: whoever has none is answered the later the more he asks.
  const pace = parts.shares.paceOf(context);
  await pace.enter();
  return {
    tenant: CALLERS_WITHOUT_KEY,
    actor: null,
    during: pace.inTurn,
    as: (request, work) =>
      pace.asNewcomer(async () => work(await parts.newcomers.actorOf(newcomer(request)))),
  };
}

const authenticated = (
  context: Context,
  { authenticator }: Pick<DialectParts, "authenticator">,
  shares: Shares,
): Promise<Actor> => authenticate(authenticator, context.req.header("authorization"), shares.paceOf(context));

/** How much of a body may have to be held: its Content-Length, or the route's bound without one. One over the bound is refused unread. */
function announcedBytes(context: Context, { body, maxBodyBytes }: Route): number {
  if (body === undefined) return 0;
  const length = context.req.header("content-length");
  if (length === undefined) return context.req.header("transfer-encoding") === undefined ? 0 : maxBodyBytes;
  return Number(length) <= maxBodyBytes ? Number(length) : 0;
}

/** A caller without a key cannot find out which routes exist. */
async function refuse(
  context: Context,
  parts: DialectParts,
  shares: Shares,
  failure: Failure,
): Promise<Response> {
  await authenticated(context, parts, shares);
  throw failure;
}

const notImplemented = (hint: string): Failure =>
  fail("route.not_implemented", { message: "This version does not have this route yet", hint });

/** What a path that is no route fails with, and a known one with another method. */
export const noRoute = (): Failure =>
  fail("route.not_found", { message: "Route not found", hint: "See /docs for the list of routes." });

/** What a body is read with. */
interface Reading {
  readonly reserved: BodyReservation;
  readonly pause: Pause;
}

async function requestOf(
  context: Context,
  parts: DialectParts & { readonly shares: Shares },
  route: Route,
  reading: Reading,
): Promise<RouteRequest> {
  const url = new URL(context.req.url);
  const params = context.req.param() as Record<string, string>;
  refuseUnprintable(params);
  return {
    params,
    query: context.req.queries(),
    // The body of a route that takes none is not read.
    body: route.body === undefined ? { json: {} } : await bodyOf(context, route, reading),
    pause: reading.pause,
    header: (name) => context.req.header(name),
    origin: parts.publicUrl ?? url.origin,
    network: route.newcomer === null ? null : parts.shares.networkOf(context),
  };
}

/** Ids of every kind are printable; PostgreSQL would refuse a NUL in one with an error of its own. @throws Failure route.not_found */
export function refuseUnprintable(params: Readonly<Record<string, string>>): void {
  if (Object.values(params).some((value) => /[\p{Cc}\p{Cs}]/u.test(value)))
    throw fail("route.not_found", {
      message: "Not found",
      hint: "An id in the path has control characters.",
    });
}

/** JSON regardless of the content type, or a form where the route takes one; an absent body is an empty object. */
async function bodyOf(
  context: Context,
  { maxBodyBytes, maxJson, takesForms }: Route,
  { reserved, pause }: Reading,
): Promise<ReceivedBody> {
  const bytes = await readBody(context.req.raw, maxBodyBytes, incomingOf(context));
  if (bytes === null)
    throw fail("input.too_large", {
      message: `The request body exceeds ${maxBodyBytes} bytes`,
      hint: "Send attachments in several messages, everything else in several requests.",
    });
  reserved.weigh(bytes);
  const contentType = context.req.header("content-type") ?? "";
  if (takesForms && /^multipart\/form-data\b/i.test(contentType)) {
    const form = await readForm(bytes, contentType);
    if (form === null) throw unreadableBody("Invalid multipart form", "Send multipart/form-data (RFC 7578).");
    return { form };
  }
  if (isBlankText(bytes)) return { json: {} };
  const json = await parseLongJson(bytes, maxJson, { bytes: JSON_PIECE_BYTES, pause });
  if (json === undefined)
    throw unreadableBody(
      "Invalid JSON string",
      context.req.header("content-encoding") === undefined
        ? "Send a JSON object in UTF-8 as the body."
        : "Send the body as it is, and no Content-Encoding: nothing is decoded.",
    );
  return { json };
}

const unreadableBody = (message: string, remedy: string): InvalidRequest =>
  new InvalidRequest([{ code: "invalid_format", format: "json_string", path: [], message }], remedy);

async function answered(
  context: Context,
  dialect: Dialect,
  parts: DialectParts,
  act: () => Promise<Response>,
  route?: Route,
): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Failure) setRetryAfter(context, parts.clock, error);
    const answer = answerOf(context, dialect, parts, error, route);
    if (answer.status === 401) context.header("www-authenticate", challengeTo(error));
    return sendError(context, answer);
  }
}

/** A server error is logged. */
function answerOf(
  context: Context,
  dialect: Dialect,
  { log }: Pick<DialectParts, "log">,
  error: unknown,
  route: Route | undefined,
): ErrorAnswer {
  const answering = { ...answeringOf(context), ...(route !== undefined && { fields: route.fields }) };
  const known = answerTo(dialect, error, answering);
  if (known !== null) return known;
  log.error({ error, path: answering.path, requestId: answering.requestId }, "request failed");
  return dialect.internal(answering);
}

/** Whole seconds until a limit over time is reset, at least one (RFC 9110 section 10.2.3). */
function setRetryAfter(context: Context, clock: Clock, { details }: Failure): void {
  const { resetAt } = details.limit ?? {};
  if (resetAt === undefined) return;
  const leftMs = resetAt.getTime() - clock.now().getTime();
  context.header("retry-after", String(Math.max(1, Math.ceil(leftMs / 1000))));
}

function sendError(context: Context, { status, body, headers = {} }: ErrorAnswer): Response {
  if (status === 503) context.header("retry-after", String(RETRY_AFTER_SECONDS));
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  return context.json(body, status as ContentfulStatusCode);
}

/** The answer to an error; null for a server error. */
export function answerTo(
  dialect: Pick<Dialect, "refusal" | "invalid">,
  error: unknown,
  answering: Answering,
): ErrorAnswer | null {
  if (error instanceof Failure) return dialect.refusal(error, answering);
  if (error instanceof InvalidRequest) return dialect.invalid(error.issues, answering, error.remedy);
  return null;
}
