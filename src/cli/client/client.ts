/** The HTTP client of the commands: typed answers, bounds on time and size, retries where they can do no harm. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { codeOf } from "../../lib/error-code.ts";
import { VERSION } from "../../version.ts";
import { UsageError } from "../parts.ts";
import type { Connection } from "./connection.ts";
import { brokenOff, notOurs, type Refusal, refusalError, silent, unreachable } from "./failures.ts";

/** Milliseconds without an answer, and without a further piece of it: longer than the server gives any request. */
const TIMEOUT_MS = 90_000;
/** Tries after the first. */
const RETRIES = 3;
/** Milliseconds before each, when the server names no time. */
const BACKOFF_MS = [1000, 2000, 4000] as const;
/** Seconds of Retry-After that are waited for; a cap that resets at midnight is not. */
const LONGEST_WAIT_SECONDS = 30;
/** An answer that is read whole: 100,000 workspaces, which come in one, take 50 MB. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** One that is read line by line, and not kept: a plan of 100,000 tenants with ten objects each takes 400 MB. */
const MAX_STREAM_BYTES = 8 * 1024 * 1024 * 1024;
/** One line of an answer that is read line by line. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Begins with a slash; ids in it are encoded (`inPath`). */
  readonly path: string;
  /** Parameters that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  /** Beside those that every request has, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a POST: done twice it comes to the same as once, so that it may be repeated. */
  readonly isRepeatable?: boolean;
}

export interface Client {
  readonly connection: Connection;
  /** The answer, decoded. @throws ClientError */
  call<Value>(call: Call, shape: z.ZodType<Value>): Promise<Value>;
  /** The answer's lines of JSON (application/x-ndjson) as they come, decoded. @throws ClientError */
  lines<Value>(call: Call, shape: z.ZodType<Value>): AsyncGenerator<Value>;
  /** The answer as it is, of whatever size. One that is cut off throws: it is never taken for the whole. @throws ClientError */
  bytes(call: Call): AsyncGenerator<Uint8Array>;
}

/**
 * An id as a segment of a path. @throws UsageError for what would be none: an empty one, as scripts have of a variable that is not
 * set, and those that lead up or nowhere (RFC 3986 section 5.2.4), would name another object, or all of them
 */
export function inPath(id: string): string {
  const segment = id.trim();
  if (/^\.{0,2}$/.test(segment)) throw new UsageError(`An id is missing: ${JSON.stringify(id)} is none.`);
  return encodeURIComponent(segment);
}

export function createClient(connection: Connection): Client {
  return {
    connection,
    async call(call, shape) {
      const answer = await ask(connection, call);
      const text = await wholeText(connection, call, answer);
      return decode(connection, call, mayBeEmpty(answer) && text === "" ? "null" : text, shape);
    },
    async *lines(call, shape) {
      const answer = await ask(connection, call);
      for await (const line of linesOf(connection, call, answer))
        if (line.trim() !== "") yield decode(connection, call, line, shape);
    },
    async *bytes(call) {
      yield* piecesOf(connection, call, await ask(connection, call), Number.POSITIVE_INFINITY);
    },
  };
}

/** An answer, whose body is given up when nothing more of it comes for TIMEOUT_MS. */
interface Answer {
  readonly response: Response;
  readonly patience: Patience;
}

/** Ends a request that nothing comes of. */
class Patience {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From the start, or from the last piece on. */
  renew(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#controller.abort(new DOMException("nothing came", "TimeoutError")),
      TIMEOUT_MS,
    );
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** A success. @throws ClientError for any other answer, after retries */
async function ask(connection: Connection, call: Call): Promise<Answer> {
  for (let retry = 0; ; retry++) {
    const answer = await once(connection, call);
    if (answer.response.ok) return answer;
    const refusal = await refusalOf(connection, call, answer);
    const waitMs = retry < RETRIES ? waitBefore(retry, call, refusal) : null;
    if (waitMs === null) throw refusalError(refusal, connection);
    await delay(waitMs);
  }
}

/**
 * Milliseconds to wait before the next try; null: there is none. A request refused with 429 was not begun, so it may be repeated whatever it
 * does; with 503 it may have been, so only those are repeated that do the same twice (RFC 9110 section 9.2.2).
 */
function waitBefore(
  retry: number,
  { method, isRepeatable }: Call,
  { status, retryAfterSeconds }: Refusal,
): number | null {
  const mayRepeat = method !== "POST" || isRepeatable === true;
  if (status !== 429 && !(status === 503 && mayRepeat)) return null;
  if (retryAfterSeconds === null) return BACKOFF_MS[retry] ?? null;
  return retryAfterSeconds <= LONGEST_WAIT_SECONDS ? retryAfterSeconds * 1000 : null;
}

async function once(
  connection: Connection,
  { method, path, query = {}, body, headers = {} }: Call,
): Promise<Answer> {
  const url = new URL(connection.baseUrl + path);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, String(value));
  const patience = new Patience();
  patience.renew();
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(connection.key !== null && { authorization: `Bearer ${connection.key}` }),
        accept: "application/json",
        "user-agent": `rookery-cli/${VERSION}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // Followed, a redirect may take a request to another host, and turns a POST into a GET.
      redirect: "manual",
      signal: patience.signal,
    });
    return { response, patience };
  } catch (error) {
    patience.end();
    throw transportError(connection, error, false);
  }
}

/** @param isBegun the other side has begun to answer */
function transportError(connection: Connection, error: unknown, isBegun: boolean): Error {
  if (error instanceof Error && error.name === "TimeoutError") return silent(connection, TIMEOUT_MS, error);
  const cause = error instanceof Error ? error.cause : undefined;
  const code = codeOf(cause) || codeOf(error);
  const isBroken = isBegun || code === "UND_ERR_SOCKET" || code === "ECONNRESET";
  return (isBroken ? brokenOff : unreachable)(connection, code || String(cause ?? error), error);
}

/** Pieces of the answer, at most `maxBytes` of them. */
async function* piecesOf(
  connection: Connection,
  { path }: Call,
  { response, patience }: Answer,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const piece of response.body ?? []) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) break;
      // What the reader does with it is not the server's time.
      patience.end();
      yield piece;
      patience.renew();
    }
  } catch (error) {
    throw transportError(connection, error, true);
  } finally {
    patience.end();
  }
  if (bytes > maxBytes) throw notOurs(connection, path, `more than ${maxBytes} bytes`);
}

/** 204 has no body (RFC 9110 section 15.3.5), and 202 may have none: the API accepts the deletion of an inbox so. */
const mayBeEmpty = ({ response: { status } }: Answer): boolean => status === 204 || status === 202;

async function wholeText(connection: Connection, call: Call, answer: Answer): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of piecesOf(connection, call, answer, MAX_ANSWER_BYTES))
    text += decoder.decode(piece, { stream: true });
  return text;
}

async function* linesOf(connection: Connection, call: Call, answer: Answer): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of piecesOf(connection, call, answer, MAX_STREAM_BYTES)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_CHARACTERS)
      throw notOurs(connection, call.path, `a line of more than ${MAX_LINE_CHARACTERS} characters`);
    yield* lines;
  }
  yield rest;
}

function decode<Value>(connection: Connection, { path }: Call, text: string, shape: z.ZodType<Value>): Value {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw notOurs(connection, path, "no JSON", error);
  }
  const result = shape.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw notOurs(connection, path, `${issue?.path.join(".") || "body"}: ${issue?.message}`, result.error);
}

/** Read leniently: a proxy in front of the server refuses in forms of its own. */
async function refusalOf(connection: Connection, call: Call, answer: Answer): Promise<Refusal> {
  const { status, headers } = answer.response;
  const body = recordOf(parsed(await wholeText(connection, call, answer)));
  const error = recordOf(body["error"]);
  const location = headers.get("location");
  return {
    status,
    type: textOf(error["type"]) ?? textOf(body["name"]) ?? textOf(body["code"]) ?? "",
    message:
      textOf(error["message"]) ?? textOf(body["message"]) ?? failed(connection, call, status, location),
    remedy: textOf(body["fix"]) ?? "",
    problems: problemsShape.safeParse(body["errors"]).data ?? [],
    requestId: textOf(body["request_id"]) ?? headers.get("x-request-id") ?? "",
    retryAfterSeconds: secondsOf(headers.get("retry-after")),
  };
}

/** Of an answer that says nothing itself. A gateway says as much when the server behind it does not answer (RFC 9110 section 15.6.3). */
function failed(
  { baseUrl }: Connection,
  { method, path }: Call,
  status: number,
  location: string | null,
): string {
  if (location !== null) return `${baseUrl} redirects to ${location}: set ROOKERY_BASE_URL to that host`;
  const what = `${method} ${path} failed`;
  return status >= 502 && status <= 504
    ? what
    : `${what}, and what answers at ${baseUrl} is not Rookery's API: check ROOKERY_BASE_URL`;
}

const problemsShape = z.array(
  z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }),
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An HTML page of a proxy, say.
    return null;
  }
}

// Cast: any object is a record of unknown values.
const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Whole seconds; a date, the header's other form, is not used by the server. */
const secondsOf = (text: string | null): number | null =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
