/**
 * route(): binds a wire shape, an operation and a presenter, and is all that a route of a dialect is. The list of routes
 * is the dialect's surface: the server mounts it, the API document is written from it, the matrices walk it.
 */
import type { z } from "@hono/zod-openapi";
import type { Actor } from "../../../domain/door/access/index.ts";
import type { Door, Room } from "../../../domain/door/door.ts";
import type { FailCode } from "../../../domain/door/failures.ts";
import type { DeclaredNeed, Operation, TargetKind } from "../../../domain/door/operation.ts";
import type { At } from "../../../domain/door/targets.ts";
import type { Newcomer } from "../../../domain/tenancy/sign-ups/index.ts";
import type { Pause } from "../../../lib/loop-turns.ts";
import { MAX_REQUEST_BYTES } from "../limits.ts";
import { type JsonBounds, ordinaryJson } from "../parse-json.ts";
import { type ArchiveFile, TAR } from "./archive.ts";
import type { Form } from "./form.ts";
import type { Issue } from "./invalid-request.ts";
import { InvalidRequest } from "./invalid-request.ts";
import { withoutNulls } from "./nulls.ts";
import { fingerprintOf, PAGE_TOKEN, refuseForeignPage, withPageTokens } from "./page-token.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";
export type Params = Readonly<Record<string, string>>;

/** What came as a body. A route that does not take forms is given JSON only. */
export type ReceivedBody = { readonly json: unknown } | { readonly form: Form };

/** A request after routing: decoded path parameters, every occurrence of each query field, the body. */
export interface RouteRequest {
  readonly params: Params;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly body: ReceivedBody;
  /** Header by lower-case name. */
  header(name: string): string | undefined;
  /** Scheme and authority to write links with. */
  readonly origin: string;
  /** Of the client; null when there is no socket. */
  readonly network: string | null;
  /** Memory for what is read for it; absent: there is always some. */
  readonly room?: Room;
  /**
   * Who the caller is by now: an answer of many runs may take hours, and a key that was taken back meanwhile gets no more of it. Absent: as at
   * the beginning. @throws Failure as authenticate
   */
  readonly actorNow?: (() => Promise<Actor>) | undefined;
  /** Lets others have the event loop, between two pieces of long work; absent: there is nobody else. */
  readonly pause?: Pause;
}

/** A success: JSON (no body when it is absent), content of another media type, or lines of JSON, an archive's files or the rest of a list as they are made. */
export type RouteAnswer =
  | { readonly status: number; readonly lines: AsyncIterator<readonly unknown[], void> }
  | {
      readonly status: number;
      readonly files: AsyncIterator<readonly ArchiveFile[], void>;
      readonly filename: string;
    }
  | {
      readonly status: number;
      readonly body?: unknown;
      /** More items of the body's list, which is its last field and holds some. */
      readonly rest?: AsyncIterable<readonly unknown[]>;
    }
  | {
      readonly status: number;
      readonly content: string | Uint8Array;
      readonly headers: Readonly<Record<string, string>>;
    };

/** How a route is answered that nothing stands behind. */
export interface RefusedRoute {
  readonly status: 403 | 404 | 409;
  /** One sentence: why, for documents. */
  readonly because: string;
}

/** What the presenter may need besides the operation's result. */
export interface Presenting<Query, Body> {
  readonly query: Query;
  readonly body: Body;
  readonly origin: string;
  readonly params: Params;
}

/** Where a request has the fields of an operation's input that its dialect does not call alike. */
export type RenamedFields = Readonly<Record<string, readonly string[]>>;

/** What an operation's input is made of. */
export interface Requested<Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly header: RouteRequest["header"];
  readonly network: RouteRequest["network"];
  readonly pause: Pause;
}

export interface RouteSpec<Input, Output, Kind extends TargetKind, Query, Body> {
  readonly method: Method;
  /** With {name} parameters, from the dialect's prefix on. */
  readonly path: string;
  /** The official client's name of the call, or one in its manner; unique in the dialect. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** An addition of this server, which no client of the vendor has a method for. */
  readonly isOwn?: boolean;
  /** What every request that is right is answered with: a route of the vendor's that nothing stands behind here. */
  readonly refused?: RefusedRoute;
  readonly query?: z.ZodType<Query>;
  /** Optional fields take null as absent, unless their schema gives null a meaning. */
  readonly body?: z.ZodType<Body>;
  /** Takes multipart/form-data as well: makes of the form what `body` is then parsed from. */
  readonly fromForm?: (form: Form) => unknown;
  /** Bytes; MAX_REQUEST_BYTES unless said otherwise. */
  readonly maxBodyBytes?: number;
  /** What its JSON may hold; `ordinaryJson` unless said otherwise. */
  readonly maxJson?: JsonBounds;
  /** Reads the Idempotency-Key header. */
  readonly idempotent?: boolean;
  /** The body names objects, which may be absent as one in the path may. */
  readonly bodyNamesObjects?: boolean;
  readonly does: Operation<Input, Output, Kind>;
  /** Taken without a key: what the request says of who makes it. Its operation is the system's. */
  readonly newcomer?: (request: Requested<Query, Body>) => Newcomer;
  /** Fields of the operation's input that the request has under another name or in another place, by that field. */
  readonly fields?: RenamedFields;
  /** A promise where it is made in pieces. */
  readonly input: (request: Requested<Query, Body>) => Input | Promise<Input>;
  /** 200 unless said otherwise. */
  readonly status?: 200 | 201 | 202 | 204;
  /** Of a create: whether it made nothing, as the same had been made before. That is answered with 200. */
  readonly isRepeat?: (output: Output) => boolean;
  /** Schema of the answer, of one of its lines where there are lines; absent when it has no body. */
  readonly answer?: z.ZodType;
  readonly present?: (output: Output, presenting: Presenting<Query, Body>) => unknown;
  /**
   * Answered with lines of JSON, one run of the operation after the other, each from where the one before ended: for what takes longer
   * than a transaction should. What the first run fails with is answered as ever; a failure of a later one is the last line.
   */
  readonly lines?: {
    readonly of: (output: Output) => readonly unknown[];
    /** Input of the next run; null when there is none. */
    readonly next: (output: Output, input: Input) => Input | null;
  };
  /** Answered with an archive (tar), run after run as `lines`; what a later run fails with breaks the connection. */
  readonly archive?: {
    readonly filename: (output: Output) => string;
    readonly of: (output: Output) => readonly ArchiveFile[];
    readonly next: (output: Output, input: Input) => Input | null;
  };
  /**
   * The list in what `present` makes, its last field, goes on run after run as `lines`: one without pages, which is given whole. What a
   * later run fails with breaks the connection: a client never takes a part for the whole.
   */
  readonly whole?: {
    readonly of: (output: Output) => readonly unknown[];
    /** Null where the list ends, or a page of it was asked for. */
    readonly next: (output: Output, input: Input) => Input | null;
  };
  /** Answered with content of this media type instead of JSON. */
  readonly content?: {
    readonly type: string;
    readonly of: (output: Output) => string | Uint8Array;
    readonly headers: (output: Output) => Record<string, string>;
  };
}

/** A route with its types closed over. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** An addition of this server, which no client of the vendor has a method for. */
  readonly isOwn: boolean;
  /** Null: it does what it says. */
  readonly refused: RefusedRoute | null;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly takesForms: boolean;
  readonly maxBodyBytes: number;
  readonly maxJson: JsonBounds;
  readonly idempotent: boolean;
  /** Its path or body names objects, which may be absent. */
  readonly namesObjects: boolean;
  readonly answer: z.ZodType | undefined;
  readonly status: number;
  /** May be answered with 200 as well. */
  readonly mayRepeat: boolean;
  readonly media: string;
  /** Reads who makes the request; null: its key says that. @throws InvalidRequest */
  readonly newcomer: ((request: RouteRequest) => Newcomer) | null;
  /** Name of its operation, and every permission that it needs. */
  readonly operation: string;
  /** What the operation declares that it fails with, beyond what every one may. */
  readonly fails: readonly FailCode[];
  readonly needs: readonly DeclaredNeed[];
  readonly fields: RenamedFields;
  /** Refuses whom its operation would refuse whatever is asked for. */
  admit(door: Pick<Door, "admit">, actor: Actor): void;
  /** @throws InvalidRequest, and what the operation fails with */
  handle(door: Door, actor: Actor, at: At, request: RouteRequest): Promise<RouteAnswer>;
}

/** Schema issues without the values that were sent, which may be secrets or megabytes. */
const issuesOf = (error: z.ZodError): Issue[] =>
  error.issues.map(({ input: _input, ...issue }) => ({ ...issue, code: issue.code ?? "custom" }));

function parse<Value>(schema: z.ZodType<Value> | undefined, input: unknown): Value {
  // Cast: a route without a schema has `undefined` as that part's type.
  if (schema === undefined) return undefined as Value;
  const result = schema.safeParse(input);
  if (!result.success) throw new InvalidRequest(issuesOf(result.error));
  return result.data;
}

/** Query fields are single unless the schema turns several into a list: it then reads the array itself. */
function flatten(query: RouteRequest["query"]): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    Object.entries(query).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

function parseBody<Body>(
  { body: schema, fromForm }: Pick<RouteSpec<never, never, TargetKind, unknown, Body>, "body" | "fromForm">,
  received: ReceivedBody,
): Body {
  const value = "json" in received ? received.json : (fromForm?.(received.form) ?? {});
  return parse(schema, schema === undefined ? value : withoutNulls(schema, value));
}

/** Media type of lines of JSON. */
export const LINES = "application/x-ndjson";

/** What an answer is made of that takes more than one run of its operation. */
interface Runs<Input, Output, Piece> {
  readonly of: (output: Output) => readonly Piece[];
  readonly next: (output: Output, input: Input) => Input | null;
}

/** The last run. It alone is held: an input may be large, and smaller in the runs that follow. */
interface LastRun<Input, Output> {
  input: Input;
  output: Output;
}

async function* laterPieces<Input, Output, Piece>(
  { of, next }: Runs<Input, Output, Piece>,
  run: (input: Input) => Promise<Output>,
  last: LastRun<Input, Output>,
): AsyncGenerator<readonly Piece[], void> {
  for (;;) {
    const following = next(last.output, last.input);
    if (following === null) return;
    last.input = following;
    last.output = await run(following);
    yield of(last.output);
  }
}

async function* piecesOf<Input, Output, Piece>(
  runs: Runs<Input, Output, Piece>,
  run: (input: Input) => Promise<Output>,
  last: LastRun<Input, Output>,
): AsyncGenerator<readonly Piece[], void> {
  yield runs.of(last.output);
  yield* laterPieces(runs, run, last);
}

/**
 * Its runs: the first as who the caller was, those that follow as who it is by then. They hold nothing else of the request, whose body would be kept for as long as
 * lines are written.
 */
function runsAs<Input, Output, Kind extends TargetKind>(
  door: Door,
  does: Operation<Input, Output, Kind>,
  actor: Actor,
  { at, request: { room, actorNow } }: { readonly at: At; readonly request: RouteRequest },
) {
  const runAs = (by: Actor, input: Input): Promise<Output> => door.run(does, by, at, input, room);
  return {
    first: (input: Input) => runAs(actor, input),
    later: async (input: Input) => runAs((await actorNow?.()) ?? actor, input),
  };
}

/**
 * Gives the fingerprint of the list that is read: most answers have no page behind them, and need none. Null where there is no query, and so no page of a list.
 * @throws InvalidRequest for another one's page token
 */
function listOf(
  route: string,
  request: RouteRequest,
  query: unknown,
  { scope }: Actor,
): (() => string) | null {
  if (typeof query !== "object" || query === null) return null;
  const list = (): string => fingerprintOf({ route, params: request.params, query, scope });
  if (PAGE_TOKEN in query) refuseForeignPage(list(), request.query[PAGE_TOKEN]);
  return list;
}

function mediaOf<Input, Output, Kind extends TargetKind, Query, Body>({
  lines,
  archive,
  content,
}: RouteSpec<Input, Output, Kind, Query, Body>): string {
  if (lines !== undefined) return LINES;
  return archive !== undefined ? TAR : (content?.type ?? "application/json");
}

const nobodyWaits: Pause = () => Promise.resolve();

/** @throws InvalidRequest */
function requestedOf<Query, Body>(
  spec: Pick<RouteSpec<never, never, TargetKind, Query, Body>, "query" | "body" | "fromForm">,
  { params, header, network, pause = nobodyWaits, ...sent }: RouteRequest,
): Requested<Query, Body> {
  const query = parse(spec.query, flatten(sent.query));
  return { params, query, body: parseBody(spec, sent.body), header, network, pause };
}

export function route<Input, Output, Kind extends TargetKind, Query = undefined, Body = undefined>(
  spec: RouteSpec<Input, Output, Kind, Query, Body>,
): Route {
  const { newcomer, status = 200 } = spec;
  return {
    method: spec.method,
    path: spec.path,
    name: spec.name,
    summary: spec.summary,
    description: spec.description,
    isOwn: spec.isOwn ?? false,
    refused: spec.refused ?? null,
    query: spec.query,
    body: spec.body,
    takesForms: spec.fromForm !== undefined,
    maxBodyBytes: spec.maxBodyBytes ?? MAX_REQUEST_BYTES,
    maxJson: spec.maxJson ?? ordinaryJson,
    idempotent: spec.idempotent ?? false,
    namesObjects: spec.path.includes("{") || (spec.bodyNamesObjects ?? false),
    answer: spec.answer,
    status,
    mayRepeat: spec.isRepeat !== undefined,
    media: mediaOf(spec),
    operation: spec.does.name,
    fails: spec.does.fails,
    needs: spec.does.needs,
    fields: spec.fields ?? {},
    newcomer: newcomer === undefined ? null : (request) => newcomer(requestedOf(spec, request)),
    admit: (door, actor) => door.admit(spec.does, actor),
    async handle(door, actor, at, request) {
      const requested = requestedOf(spec, request);
      const { params, query, body } = requested;
      const list = listOf(spec.name, request, query, actor);
      const input = await spec.input(requested);
      const { first, later } = runsAs(door, spec.does, actor, { at, request });
      const output = await first(input);
      if (spec.lines !== undefined) return { status, lines: piecesOf(spec.lines, later, { input, output }) };
      if (spec.archive !== undefined) {
        const files = piecesOf(spec.archive, later, { input, output });
        return { status, files, filename: spec.archive.filename(output) };
      }
      if (spec.content !== undefined) {
        const { type, of, headers } = spec.content;
        return { status, content: of(output), headers: { "content-type": type, ...headers(output) } };
      }
      if (spec.answer === undefined) return { status };
      const presented = spec.present?.(output, { query, body, origin: request.origin, params });
      const isPart = spec.whole !== undefined && spec.whole.next(output, input) !== null;
      return {
        status: spec.isRepeat?.(output) === true ? 200 : status,
        body: list === null ? presented : withPageTokens(presented, list),
        ...(isPart && { rest: laterPieces(spec.whole, later, { input, output }) }),
      };
    },
  };
}
