/**
 * Events for consumers that poll, as Svix's client libraries ask for them: they decode the token that a polling webhook was made with, and know
 * the rest (agentmail-newest 5.6). The token is no key: it opens one subscription.
 */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Failure, fail, invalid } from "../../domain/door/failures.ts";
import { field, says } from "../../domain/door/text.ts";
import {
  type ConsumerParts,
  type ConsumerToken,
  commit,
  type ReceivedEvent,
  receive,
  requireConsumer,
} from "../../domain/notify/polling/index.ts";
import { challengeTo } from "./authenticate.ts";
import { incomingOf } from "./bindings-of.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { EMPTY_POLL_MS, RETRY_AFTER_SECONDS } from "./limits.ts";
import { parseJson } from "./parse-json.ts";
import { readBody } from "./read-body.ts";
import type { Shares } from "./shares.ts";

export interface ConsumerRoutes extends Omit<ConsumerParts, "format"> {
  readonly shares: Shares;
  readonly dialect: Dialect;
}

/** Bytes of a commit, and of a subscription's settings, which are not read. */
const MAX_BODY_BYTES = 16 * 1024;
/** What is handed out, and leased for how many milliseconds, when a consumer says nothing (agentmail-newest 5.6). */
const [DEFAULT_EVENTS, DEFAULT_LEASE_MS] = [50, 30_000] as const;

/** Adds the routes of a dialect whose webhooks can be polled; of others none. */
export function mountConsumers(app: Hono, routes: ConsumerRoutes): void {
  const { dialect } = routes;
  const { consumers } = dialect;
  if (consumers === null) return;
  const parts: ConsumerParts = { ...routes, format: dialect.webhooks };
  const paceOf = (context: Context) => routes.shares.paceOf(context);
  const by = (context: Context): ConsumerToken => ({
    webhookId: consumers.webhookId(context.req.param("endpoint") ?? ""),
    organizationId: context.req.param("app") ?? "",
    token: tokenOf(context),
  });
  const consumer = "/api/v1/app/:app/polling-endpoint/:endpoint/consumer/:consumer";
  app.get(consumer, (context) =>
    answered(dialect, context, async () => {
      // HEAD is safe (RFC 9110 section 9.2.1): it leases nothing, and so says nothing of what waits.
      if (context.req.method === "HEAD") {
        await requireConsumer(parts, by(context), paceOf(context));
        return context.body(null, 200, { "content-type": "application/json" });
      }
      const pace = paceOf(context);
      const { events, isAll } = await receive(parts, by(context), askedOf(context), pace);
      pace.recognise();
      // Nothing is held meanwhile but the connection. A refusal instead would end programs that poll in a loop: Svix's clients do not repeat after 429.
      if (events.length === 0 && isAll) await routes.shares.pause(EMPTY_POLL_MS);
      return context.body(`{"data":[${events.map(textOf).join(",")}],"done":${isAll}}`, 200, {
        "content-type": "application/json",
      });
    }),
  );
  app.post(`${consumer}/commit`, (context) =>
    answered(dialect, context, async () => {
      const offset = await offsetOf(context);
      const consumerId = context.req.param("consumer");
      await commit(parts, by(context), { consumerId, offset }, paceOf(context));
      return context.body(null, 204);
    }),
  );
  app.put("/api/v1/app/:app/endpoint/:endpoint/auto-config", (context) =>
    answered(dialect, context, async () => {
      await requireConsumer(parts, by(context), paceOf(context));
      return context.json(endpointOf(context.req.param("endpoint")));
    }),
  );
}

/** @throws Failure auth.missing */
function tokenOf(context: Context): string {
  const token = /^Bearer ([^\s]+)$/.exec(context.req.header("authorization") ?? "")?.[1];
  if (token === undefined)
    throw fail("auth.missing", {
      message: "Unauthorized",
      hint: "Give the token of the polling webhook to the consumer as it is.",
    });
  return token;
}

/** What a consumer asks for; what is no number is refused as one that is out of range. */
function askedOf(context: Context) {
  const number = (name: string, fallback: number): number => {
    const text = context.req.query(name);
    return text === undefined ? fallback : /^\d{1,12}$/.test(text) ? Number(text) : -1;
  };
  return {
    consumerId: context.req.param("consumer") ?? "",
    limit: number("limit", DEFAULT_EVENTS),
    leaseDurationMs: number("lease_duration_ms", DEFAULT_LEASE_MS),
    startingPosition: context.req.query("starting_position") ?? "earliest",
  };
}

/** @throws Failure input.invalid */
async function offsetOf(context: Context): Promise<number> {
  const bytes = await readBody(context.req.raw, MAX_BODY_BYTES, incomingOf(context));
  const body = bytes === null ? undefined : parseJson(bytes);
  const offset = typeof body === "object" && body !== null && "offset" in body ? body.offset : undefined;
  if (typeof offset !== "number") throw invalid(["offset"], says`${field("offset")} must be a number`);
  return offset;
}

const textOf = ({ id, type, offset, at, text }: ReceivedEvent): string => {
  const head = JSON.stringify({
    id: `msg_${id.replaceAll("-", "")}`,
    eventId: id,
    eventType: type,
    offset,
    timestamp: at.toISOString(),
  });
  return `${head.slice(0, -1)},"payload":${text}}`;
};

/** The endpoint that such a consumer registers at. It is there already, and listens to what it was made for. */
const endpointOf = (id: string): object => {
  const since = new Date(0).toISOString();
  return {
    id,
    url: "",
    version: 1,
    description: "",
    disabled: false,
    createdAt: since,
    updatedAt: since,
    metadata: {},
  };
};

async function answered(dialect: Dialect, context: Context, act: () => Promise<Response>): Promise<Response> {
  context.header("cache-control", "no-store");
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const answer = dialect.refusal(error, { requestId: context.get("requestId"), path: context.req.path });
    if (answer.status === 401) context.header("www-authenticate", challengeTo(error));
    if (answer.status === 503) context.header("retry-after", String(RETRY_AFTER_SECONDS));
    return context.json(answer.body, answer.status as ContentfulStatusCode);
  }
}
