/**
 * route(): binds a wire shape, an operation and a presenter, and is all that a route of this facade is. The list of
 * routes is the facade: the server mounts it, the API docs are written from it, the isolation test walks it.
 */
import type { z } from "@hono/zod-openapi";
import type { Actor, Permission } from "../../../domain/door/access/index.ts";
import type { At, Door, Operation, TargetKind } from "../../../domain/door/operation.ts";
import { MAX_REQUEST_BYTES } from "../../../domain/limits.ts";
import type { ErrorAnswer } from "./errors.ts";
import { issuesOf, validationAnswer } from "./errors.ts";

/** A request after routing: decoded path parameters, every occurrence of each query field, parsed JSON. */
export interface V0Request {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly body: unknown;
  /** Header by lower-case name. */
  header(name: string): string | undefined;
  /** Scheme and authority to write links with. */
  readonly origin: string;
}

export type V0Answer =
  | { readonly status: number; readonly body?: unknown }
  | { readonly status: number; readonly text: string; readonly headers: Readonly<Record<string, string>> };

/** What the presenter may need besides the operation's result. */
export interface Presenting<Query> {
  readonly query: Query;
  readonly origin: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface RouteSpec<Input, Output, Kind extends TargetKind, Query, Body> {
  readonly method: "get" | "post" | "patch" | "delete";
  /** With {name} parameters. {pod_id} and {inbox_id} are the target; {message_id} may hold slashes. */
  readonly path: string;
  /** The official client's name of the call; unique. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Bytes; MAX_REQUEST_BYTES unless said otherwise. */
  readonly maxBodyBytes?: number;
  readonly does: Operation<Input, Output, Kind>;
  readonly input: (request: {
    params: Readonly<Record<string, string>>;
    query: Query;
    body: Body;
    header: V0Request["header"];
  }) => Input;
  /** 200 unless said otherwise. */
  readonly status?: 200 | 202 | 204;
  /** Schema of the answer; absent when it has no body. */
  readonly answer?: z.ZodType;
  readonly present?: (output: Output, presenting: Presenting<Query>) => unknown;
  /** Sent as text of this media type instead of JSON. */
  readonly textAs?: { readonly type: string; readonly headers: (output: Output) => Record<string, string> };
}

/** A route with its types closed over. */
export interface Route {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly maxBodyBytes: number;
  readonly answer: z.ZodType | undefined;
  readonly status: number;
  readonly media: string;
  /** Name of the operation behind it, and the permission that it needs. */
  readonly operation: string;
  readonly needs: Permission | null;
  handle(door: Door, actor: Actor, request: V0Request): Promise<V0Answer>;
}

/** Thrown for a request that does not fit the route's schema. */
export class InvalidRequest extends Error {
  readonly answer: ErrorAnswer;
  constructor(answer: ErrorAnswer) {
    super("request validation failed");
    this.answer = answer;
  }
}

function parse<Value>(schema: z.ZodType<Value> | undefined, input: unknown): Value {
  // Decoder: a route without a schema has `undefined` as that part's type.
  if (schema === undefined) return undefined as Value;
  const result = schema.safeParse(input);
  if (!result.success) throw new InvalidRequest(validationAnswer(issuesOf(result.error)));
  return result.data;
}

/** Query fields are single unless the schema turns several into a list: it then reads the array itself. */
function flatten(query: V0Request["query"]): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    Object.entries(query).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

function targetOf(params: Readonly<Record<string, string>>): At {
  const { pod_id: pod, inbox_id: inbox } = params;
  return { ...(pod !== undefined && { pod }), ...(inbox !== undefined && { inbox }) };
}

export function route<Input, Output, Kind extends TargetKind, Query = undefined, Body = undefined>(
  spec: RouteSpec<Input, Output, Kind, Query, Body>,
): Route {
  const status = spec.status ?? 200;
  return {
    method: spec.method,
    path: spec.path,
    name: spec.name,
    summary: spec.summary,
    description: spec.description,
    query: spec.query,
    body: spec.body,
    maxBodyBytes: spec.maxBodyBytes ?? MAX_REQUEST_BYTES,
    answer: spec.answer,
    status,
    media: spec.textAs?.type ?? "application/json",
    operation: spec.does.name,
    needs: spec.does.needs,
    async handle(door, actor, request) {
      const query = parse(spec.query, flatten(request.query));
      const body = parse(spec.body, request.body);
      const input = spec.input({ params: request.params, query, body, header: request.header });
      const output = await door.run(spec.does, actor, targetOf(request.params), input);
      const wire = spec.present?.(output, { query, origin: request.origin, params: request.params });
      if (spec.textAs !== undefined)
        return {
          status,
          text: String(wire),
          headers: { "content-type": spec.textAs.type, ...spec.textAs.headers(output) },
        };
      return spec.answer === undefined ? { status } : { status, body: wire };
    },
  };
}

/** The scopes at which AgentMail mounts one resource, and how the client's method names begin there. */
export interface Mount {
  readonly prefix: string;
  readonly client: string;
  /** What a summary ends with there, so that the same route at three scopes is not called the same three times. */
  readonly at: string;
  /** Where a description says that things are. */
  readonly reach: string;
}

export const organizationMount: Mount = {
  prefix: "/v0",
  client: "",
  at: "",
  reach: "that the key reaches",
};
export const podMount: Mount = {
  prefix: "/v0/pods/{pod_id}",
  client: "pods.",
  at: " in a pod",
  reach: "of the pod",
};
export const inboxMount: Mount = {
  prefix: "/v0/inboxes/{inbox_id}",
  client: "inboxes.",
  at: " in an inbox",
  reach: "of the inbox",
};

/** The same routes at several scopes: only the target differs, the operations do not. */
export function mount(scopes: readonly Mount[], routes: (scope: Mount) => readonly Route[]): Route[] {
  return scopes.flatMap((scope) => [...routes(scope)]);
}
