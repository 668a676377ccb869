/**
 * What a dialect is: one vendor's way of saying what the product does, as a value. The shared HTTP layer is given a list
 * of them and imports none; what differs between two vendors is asked of the dialect.
 */
import type { z } from "@hono/zod-openapi";
import type { EventType } from "../../../domain/door/events.ts";
import type { Failure } from "../../../domain/door/failures.ts";
import type { At } from "../../../domain/door/targets.ts";
import type { WebhookFormat } from "../../../domain/notify/webhooks/index.ts";
import type { Issue } from "./invalid-request.ts";
import type { Method, RenamedFields, Route } from "./route.ts";
import type { Unreadable } from "./unreadable.ts";

/** An answer to send: status and JSON body. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Beyond those that every answer has, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The request that is answered. */
export interface Answering {
  /** What its x-request-id says. */
  readonly requestId: string;
  /** Its path, percent-encoded; empty when there is none. A vendor's services may differ in how they write errors. */
  readonly path: string;
  /** Of its route; absent when it reached none. */
  readonly fields?: RenamedFields;
}

/** A noun of the dialect: what its routes need to be documented, in one place. */
export interface Noun {
  /** The last but one word of its routes' names, such as `inboxes` of `pods.inboxes.list`. */
  readonly name: string;
  readonly title: string;
  /** One sentence. */
  readonly about: string;
  /** The path parameters that it brings, which routes of other nouns may use as well. */
  readonly parameters: Readonly<Record<string, { readonly description: string; readonly example: string }>>;
  /** In matching order: a fixed path before one whose parameter would swallow it. */
  readonly routes: readonly Route[];
}

/** A status that a route may answer with besides success. */
export interface DocumentedError {
  readonly status: number;
  readonly description: string;
  readonly example: Readonly<Record<string, unknown>>;
}

/** What the OpenAPI document says beyond the routes. */
export interface DocumentText {
  readonly title: string;
  /** Markdown. */
  readonly about: string;
  /** Of the bearer token. */
  readonly authentication: string;
  /** Schema of every error's body. */
  readonly errorBody: z.ZodType;
  /** HTML that explains every error code, with the code as its anchor. */
  readonly errorPage: () => string;
  readonly errorsOf: (route: Route) => readonly DocumentedError[];
  /** Schemas that are registered first, so that a field of the type does not give the type its own description. */
  readonly schemas: Readonly<Record<string, z.ZodType>>;
  /** How long an Idempotency-Key is remembered and what it is unique in, for routes that take one. */
  readonly idempotencyKey: string;
}

export interface Dialect {
  /** First segment of its paths, and the name of its document: `v0`. */
  readonly name: string;
  /** In the order a newcomer meets them. */
  readonly nouns: readonly Noun[];
  /** Routes of the vendor's that are answered with 501, never as another route's absent thing. */
  readonly unbuilt: readonly UnbuiltRoute[];
  /** Routes of the vendor's that every key is answered alike, whatever the request holds: nothing stands behind them. */
  readonly fixed: readonly FixedRoute[];
  /** Path parameters whose values may hold slashes, which some clients send unencoded. */
  readonly greedyParameters: ReadonlySet<string>;
  /** Its paths may begin with several slashes: clients of such a vendor write them when their base URL ends in one. */
  readonly leadingSlashes: boolean;
  /** Where path parameters point. */
  target(params: Readonly<Record<string, string>>): At;
  /** Body of a success, around what the route's presenter made. */
  envelope(body: unknown, answering: Answering): unknown;
  /** A failure of the domain. */
  refusal(failure: Failure, answering: Answering): ErrorAnswer;
  /** A request that does not fit the route's schema. @param remedy what to do, when the issues do not say */
  invalid(issues: readonly Issue[], answering: Answering, remedy?: string): ErrorAnswer;
  /** A server error. Nothing of the error itself may show. */
  internal(answering: Answering): ErrorAnswer;
  /** Bytes that never became a request of a route. */
  unreadable(kind: Unreadable, answering: Answering): ErrorAnswer;
  /** How its webhooks' bodies and signatures look. */
  readonly webhooks: WebhookFormat;
  /** Its WebSocket; null when the vendor has none. */
  readonly sockets: SocketDialect | null;
  /** Consumers that poll its events; null when it has none. */
  readonly consumers: ConsumerDialect | null;
  readonly document: DocumentText;
}

export interface ConsumerDialect {
  /** The id behind what the dialect calls an endpoint; for anything else a text that is no id. */
  webhookId(wire: string): string;
}

/** What a client says on a socket. */
export type SocketRequest = (
  | { readonly kind: "subscribe"; readonly eventTypes?: readonly EventType[]; readonly after: string | null }
  | { readonly kind: "unsubscribe" }
) & {
  readonly podIds: readonly string[];
  /** Addresses. */
  readonly inboxIds: readonly string[];
};

/** How a dialect speaks on a WebSocket (RFC 6455). Events have the form of its webhooks' bodies. */
export interface SocketDialect {
  /** Where it is upgraded to, without a slash at its end. */
  readonly path: string;
  /** Query field with the key, for clients that cannot set a header. */
  readonly keyParameter: string;
  /** @param frame parsed JSON @throws InvalidRequest */
  read(frame: unknown): SocketRequest;
  /** @param resumed whether what was missed since `after` follows; null: nothing was asked for */
  done(request: SocketRequest, resumed: boolean | null): object;
  /** An error, whose body is that of the answer to a request that fails alike. */
  refused(body: ErrorAnswer["body"]): object;
}

/** Every route of a dialect, in matching order. */
export const routesOf = (dialect: Dialect): Route[] => dialect.nouns.flatMap(({ routes }) => [...routes]);

/** A route of the vendor's that this version does not have. */
export interface UnbuiltRoute {
  readonly method: Method;
  readonly path: string;
  /** What to do meanwhile. */
  readonly hint: string;
}

/** A route that has one answer. */
export interface FixedRoute {
  readonly method: Method;
  readonly path: string;
  answer(answering: Answering): ErrorAnswer;
}

/** Declares a noun. */
export const noun = (spec: Noun): Noun => spec;
