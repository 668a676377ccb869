/** `POST /mcp`: AgentMail's tools over the routes of the first dialect, for the key that the request brings (contract 18). */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Actor } from "../../domain/door/access/index.ts";
import { Failure, fail } from "../../domain/door/failures.ts";
import type { AnswerMcp } from "../mcp/index.ts";
import { bearerToken, challengeTo } from "./authenticate.ts";
import { incomingOf } from "./bindings-of.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { InvalidRequest } from "./dialect/invalid-request.ts";
import type { Route } from "./dialect/route.ts";
import { answerTo, type DialectParts } from "./dialect/serve.ts";
import { MAX_SEND_BYTES, RETRY_AFTER_SECONDS } from "./limits.ts";
import { refusalOf } from "./loop-refusal.ts";
import { readMessage } from "./mcp-message.ts";
import { readBody } from "./read-body.ts";
import { refusedOrigin } from "./rebinding.ts";
import { routeCaller, routesByName } from "./route-caller.ts";
import type { Shares } from "./shares.ts";

export const MCP_PATH = "/mcp";

/** Codes of JSON-RPC 2.0 section 5.1; the last one is an implementation's own. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const REFUSED = -32000;

interface McpEndpoint extends DialectParts {
  readonly dialect: Dialect;
  readonly version: string;
  readonly shares: Shares;
}

/** Adds the endpoint. A server without sessions has nothing to GET, and nothing to DELETE. */
export function mountMcp(app: Hono, endpoint: McpEndpoint): void {
  const { dialect, log } = endpoint;
  const routes = routesByName(dialect);
  // Loaded with the first request: most servers never get one, and it takes a sixth of a start.
  const load = async (): Promise<AnswerMcp> => (await import("../mcp/index.ts")).createMcp(endpoint);
  let loaded: Promise<AnswerMcp> | null = null;
  app.post(MCP_PATH, async (context) => {
    try {
      refuseRebinding(context, endpoint);
      loaded ??= load();
      return await serve(context, endpoint, routes, await loaded);
    } catch (error) {
      const { path } = context.req;
      const known = answerTo(dialect, error, { requestId: context.get("requestId"), path });
      if (known !== null) return refuse(context, error, known.status, known.body);
      log.error({ error, path, requestId: context.get("requestId") }, "request failed");
      return refuse(context, error, 500, dialect.internal({ requestId: "", path }).body);
    }
  });
  app.all(MCP_PATH, (context) => {
    context.header("allow", "POST");
    return rpcError(context, 405, INVALID_REQUEST, "Method not allowed: send JSON-RPC messages by POST.");
  });
}

async function serve(
  context: Context,
  endpoint: McpEndpoint,
  routes: ReadonlyMap<string, Route>,
  answer: AnswerMcp,
): Promise<Response> {
  const { door, dialect, turns, log, shares, publicUrl } = endpoint;
  const actor = await actorOf(context, endpoint);
  const tenant = actor.scope.podId ?? actor.scope.organizationId;
  const reserved = shares.bodies.reserve(tenant, announcedBytes(context));
  const large = shares.unread.largeRead(tenant);
  const requestId = context.get("requestId");
  try {
    return await turns.during(tenant, async (pause) => {
      const body = await readBody(context.req.raw, MAX_SEND_BYTES, incomingOf(context));
      if (body === null) throw tooLarge();
      reserved.weigh(body);
      const read = await readMessage(body, pause);
      if (read === undefined) return rpcError(context, 400, PARSE_ERROR, "The body is no JSON.");
      if (Array.isArray(read.message))
        return rpcError(context, 400, INVALID_REQUEST, "Send one JSON-RPC message a request, no batch.");
      const origin = publicUrl ?? new URL(context.req.url).origin;
      const response = await answer({
        api: routeCaller(dialect, routes, { door, actor, origin, requestId, pause, room: large.room }),
        request: context.req.raw,
        ...read,
        onFault: (error) => log.error({ error, path: MCP_PATH, requestId }, "request failed"),
      });
      // Made anew, so that it gets the headers that every answer has.
      const text = await response.text();
      large.release();
      shares.unread.hold(context, tenant, Buffer.byteLength(text));
      return context.body(text, response.status as ContentfulStatusCode, {
        ...Object.fromEntries(response.headers),
      });
    });
  } catch (error) {
    throw refusalOf(error);
  } finally {
    large.release();
    reserved.release();
  }
}

/** The key: `?apiKey=`, then `x-api-key`, then the bearer token (contract 18). @throws Failure as authenticate */
async function actorOf(context: Context, { authenticator, shares }: McpEndpoint): Promise<Actor> {
  const token =
    context.req.query("apiKey") ||
    context.req.header("x-api-key") ||
    bearerToken(context.req.header("authorization"));
  if (token === undefined)
    throw fail("auth.missing", {
      message: "Unauthorized",
      hint: "Send an API key: `Authorization: Bearer <api key>`, `x-api-key: <api key>` or `?apiKey=<api key>`.",
    });
  const pace = shares.paceOf(context);
  const actor = await authenticator.authenticate(token, pace);
  pace.recognise();
  return actor;
}

const tooLarge = (): Failure =>
  fail("input.too_large", {
    message: `The request body exceeds ${MAX_SEND_BYTES} bytes`,
    hint: "Give attachments by url instead of content.",
  });

/** What may have to be held of the body: its length, or the bound when it names none. */
function announcedBytes(context: Context): number {
  const length = Number(context.req.header("content-length") ?? MAX_SEND_BYTES);
  return length <= MAX_SEND_BYTES ? length : 0;
}

/** A page that had its own name resolved to this server is no client (the protocol's rule for Origin). @throws Failure scope.forbidden */
function refuseRebinding(context: Context, { publicUrl }: McpEndpoint): void {
  const refused = refusedOrigin(
    { origin: context.req.header("origin"), host: new URL(context.req.url).hostname },
    publicUrl,
  );
  if (refused !== null)
    throw fail("scope.forbidden", {
      message: `Forbidden: ${refused}`,
      hint: "Call it from a program, from a page of this machine or from one below ROOKERY_PUBLIC_URL.",
    });
}

/** 401 for whatever is wrong with the key. */
function refuse(
  context: Context,
  error: unknown,
  status: number,
  { message, code, fix }: Readonly<Record<string, unknown>>,
): Response {
  const isAuthentication = error instanceof Failure && error.code.startsWith("auth.");
  if (isAuthentication) context.header("www-authenticate", challengeTo(error));
  if (status === 503) context.header("retry-after", String(RETRY_AFTER_SECONDS));
  const rpcCode = error instanceof InvalidRequest ? INVALID_REQUEST : REFUSED;
  return rpcError(context, isAuthentication ? 401 : status, rpcCode, String(message), { code, fix });
}

function rpcError(context: Context, status: number, code: number, message: string, data?: object): Response {
  const error = { code, message, ...(data !== undefined && { data }) };
  return context.json({ jsonrpc: "2.0", id: null, error }, status as ContentfulStatusCode);
}
