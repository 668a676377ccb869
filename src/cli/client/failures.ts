/** What keeps a command from its result when it calls a server: the message says what is wrong and what to do next. */
import type { Connection } from "./connection.ts";

/** No answer, or one that is no success. */
export class ClientError extends Error {
  /** Status of the answer (RFC 9110 section 15); null without one. */
  readonly status: number | null;
  /** What is wrong with the body that was sent, where the answer says so. */
  readonly problems: readonly BodyProblem[];
  constructor(
    message: string,
    status: number | null = null,
    options?: ErrorOptions & { readonly problems?: readonly BodyProblem[] },
  ) {
    super(message, options);
    this.name = "ClientError";
    this.status = status;
    this.problems = options?.problems ?? [];
  }
}

export interface BodyProblem {
  /** Keys and indexes from the body's root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What an answer that is no success says of itself. */
export interface Refusal {
  readonly status: number;
  /** The dialect's word for the failure; empty without one. */
  readonly type: string;
  readonly message: string;
  /** What to do next, where the answer says it apart from the message; empty otherwise. */
  readonly remedy: string;
  readonly problems: readonly BodyProblem[];
  readonly requestId: string;
  /** Seconds after which to try again; null when the server names none. */
  readonly retryAfterSeconds: number | null;
}

export function refusalError(refusal: Refusal, connection: Connection): ClientError {
  return new ClientError(sentenceOf(refusal, connection), refusal.status, { problems: refusal.problems });
}

function sentenceOf(refusal: Refusal, { baseUrl, key, keyPlace }: Connection): string {
  const { status, type, message, remedy, retryAfterSeconds } = refusal;
  const said = `${message.replace(/\.$/, "")} (${detailsOf(refusal)}).`;
  const advised = remedy === "" ? said : `${said} ${remedy}`;
  if (key === null && (status === 401 || status === 403)) return advised;
  const shownKey = `the key ${key?.slice(0, 12)}... of ${keyPlace}`;
  if (status === 401)
    return `${said} ${baseUrl} does not accept ${shownKey}. Set ROOKERY_API_KEY to a key of that server.`;
  if (status === 403 && keyRefusals.includes(type))
    return `${said} It was asked with ${shownKey}.${remedy === "" ? "" : ` ${remedy}`}`;
  if (status === 429 || status === 503)
    return `${said} Try again ${retryAfterSeconds === null ? "later" : `in ${retryAfterSeconds} s`}.`;
  if (status === 500) return `${said} The server's log has more under that request.`;
  return advised;
}

/** Names of what is refused for the key's sake, by the dialects: other refusals with 403, as of a limit, would be the same with any key. */
const keyRefusals: readonly string[] = ["ForbiddenError", "insufficient_scopes", "api.insufficient_scopes"];

const detailsOf = ({ status, type, requestId }: Refusal): string =>
  [`HTTP ${status}`, type, requestId && `request ${requestId}`].filter((part) => part !== "").join(", ");

/** @param code of the system or of Node, such as ECONNREFUSED */
export function unreachable({ baseUrl }: Connection, code: string, cause: unknown): ClientError {
  return new ClientError(
    `No server answers at ${baseUrl} (${code}). Start one with \`rookery serve\`, or set ROOKERY_BASE_URL to where one runs.`,
    null,
    { cause },
  );
}

/** After it was there: what was asked for may have been done. */
export function brokenOff({ baseUrl }: Connection, code: string, cause: unknown): ClientError {
  return new ClientError(
    `The connection to ${baseUrl} broke before its answer was whole (${code}). Look whether it runs, and at its log.`,
    null,
    {
      cause,
    },
  );
}

export function silent({ baseUrl }: Connection, timeoutMs: number, cause: unknown): ClientError {
  return new ClientError(
    `${baseUrl} did not answer within ${timeoutMs / 1000} s. Look at its log, and whether what was asked for was done, before you try again.`,
    null,
    { cause },
  );
}

/** An answer that is no JSON of the API: another program listens there, or another version. */
export function notOurs({ baseUrl }: Connection, path: string, detail: string, cause?: unknown): ClientError {
  return new ClientError(
    `${baseUrl}${path} does not answer as Rookery's API does (${detail}). Check ROOKERY_BASE_URL, and that server and command are of one version.`,
    null,
    { cause },
  );
}

/** A message of the server and what to do about it, as sentences. */
export function sentencesOf({
  message,
  fix,
}: {
  readonly message: string;
  readonly fix?: string | null | undefined;
}): string {
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return fix ? `${sentence} ${fix}` : sentence;
}
