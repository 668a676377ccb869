/** Failures as errors of Nylas's API (nylas 7): total by type, so a new code cannot be forgotten. */
import type { ExhaustedLimit, FailCode, Failure, FailureDetails } from "../../../domain/door/failures.ts";
import { type Text, textOf } from "../../../domain/door/text.ts";
import type { Answering, ErrorAnswer } from "../dialect/dialect.ts";
import { wireNames } from "../dialect/field-names.ts";
import type { Issue } from "../dialect/invalid-request.ts";
import { wireResource } from "../dialect/limit-names.ts";
import { MAX_REPORTED_ISSUES } from "../limits.ts";

/** How an error is written: its type on routes of administration and on all others, and a sentence of the vendor's own. */
export interface WireError {
  readonly status: number;
  readonly administration: string;
  readonly other: string;
  /** Instead of the failure's own sentence, where clients look for this one. */
  readonly says?: { readonly administration: string; readonly other: string };
}

const both = (status: number, type: string): WireError => ({ status, administration: type, other: type });

const invalid: WireError = {
  status: 400,
  administration: "api.invalid_request_error",
  other: "invalid_request_error",
};
/** A body that is no JSON has a type of its own on routes of administration. */
const unreadableBody: WireError = { ...invalid, administration: "api.invalid_request_payload" };
const unauthorized: WireError = {
  status: 401,
  administration: "token.unauthorized_access",
  other: "unauthorized",
  says: { administration: "Bearer token invalid", other: "Unauthorized" },
};
const insufficient = both(403, "insufficient_scopes");
const forbidden = both(403, "forbidden_access");
const notFound: WireError = {
  status: 404,
  administration: "api.not_found_error",
  other: "not_found_error",
  says: { administration: "Resource not found.", other: "requested object not found" },
};
const conflict: WireError = { status: 409, administration: "api.conflict_error", other: "conflict" };
const unavailable = both(503, "service_unavailable");
const tooLarge = both(413, "request_too_large");

const same = (text: string): NonNullable<WireError["says"]> => ({ administration: text, other: text });

export const wireErrors: Readonly<Record<FailCode, WireError>> = {
  "input.invalid": invalid,
  "input.too_large": tooLarge,
  "auth.missing": unauthorized,
  "auth.unknown_key": unauthorized,
  "auth.expired_key": unauthorized,
  "permission.missing": insufficient,
  "permission.escalation": insufficient,
  "permission.unrestricted_required": insufficient,
  "scope.forbidden": insufficient,
  "route.not_found": { ...both(404, "api.not_found_error"), says: same("Resource not found.") },
  "route.not_implemented": {
    status: 501,
    administration: "api.not_implemented_error",
    other: "not_implemented_error",
  },
  "pod.not_found": notFound,
  "inbox.not_found": notFound,
  "object.not_found": notFound,
  "file.expired": forbidden,
  "feature.disabled": forbidden,
  "inbox.taken": { ...conflict, says: same("An account with this email already exists") },
  "human.taken": conflict,
  "domain.taken": conflict,
  // The vendor's CLI recognises the sentence (nylas 2.2).
  "domain.not_verified": { ...notFound, says: same("Provisioning the inbox failed: Domain not found") },
  "domain.subdomains_disabled": {
    ...notFound,
    says: same("Provisioning the inbox failed: Domain not found"),
  },
  "pod.not_empty": conflict,
  "pod.suspended": forbidden,
  "message.rejected": forbidden,
  "message.looping": forbidden,
  "range.too_wide": invalid,
  "thread.too_long": invalid,
  "idempotency.conflict": both(409, "api.invalid_idempotent_request"),
  "limit.exceeded": forbidden,
  "limit.reached": { status: 429, administration: "api.rate_limit_error", other: "rate_limit_error" },
  "storage.reached": forbidden,
  "message.too_large": tooLarge,
  "attachment.refused": invalid,
  "rule.blocked": forbidden,
  "sending.paused": forbidden,
  "object.in_use": conflict,
  "object.conflict": conflict,
  "guardrails.unavailable": unavailable,
  "service.unavailable": unavailable,
  "service.full": unavailable,
};

/** Routes of the vendor's administration service, which has types of errors of its own (nylas 7.2). */
const administration =
  /^\/v3\/(connect|connectors|applications|workspaces|providers)(\/|$)|^\/v3\/grants(\/[^/]*)?\/?$/;

/** Routes whose errors clients read in the flat form of RFC 6749 section 5.2: all that begin so, tokeninfo among them. */
const oauth = /^\/v3\/connect\/(token|revoke)/;

const isAdministration = (path: string): boolean => administration.test(path);

/** An error in the envelope of nylas 7.1. @param more further members of `error` */
export function errorAnswer(
  { requestId, path }: Answering,
  { status, ...types }: WireError,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): ErrorAnswer {
  const type = isAdministration(path) ? types.administration : types.other;
  if (oauth.test(path))
    return {
      status,
      body: {
        request_id: requestId,
        error: status === 401 ? "invalid_client" : "invalid_request",
        error_code: status,
        error_description: message,
        error_uri: "/docs/v3/errors",
      },
    };
  return { status, body: { request_id: requestId, error: { type, message, ...more } } };
}

/** A sentence of the domain with the fields' names of this API. */
const inWireNames = (text: Text, { fields }: Answering): string =>
  textOf(text, (path) => wireNames(path, fields).join("."));

/** The failure's sentences: what is wrong, and what to do. */
function sentencesOf({ message, hint }: FailureDetails, answering: Answering): string {
  const wrong = inWireNames(message, answering);
  return hint === undefined ? wrong : `${wrong.replace(/\.?$/, ".")} ${inWireNames(hint, answering)}`;
}

/** Clients look for these words when an installation's maximum is reached (nylas 4.5). */
const planMaximum = ({ resource, count }: ExhaustedLimit): string =>
  `Maximum number of ${`${resource.replaceAll("_", " ")}s`.replace(/ys$/, "ies")} (${count}) reached for this plan`;

/** A failure of the domain. */
export function failureAnswer(failure: Failure, answering: Answering): ErrorAnswer {
  const { code, details } = failure;
  if (code === "input.invalid")
    return validationAnswer(
      [{ path: [], ...details }, ...(details.others ?? [])].map(({ path, message }) => ({
        code: "custom",
        path: wireNames(path, answering.fields),
        message: inWireNames(message, answering),
      })),
      answering,
      details.hint === undefined ? undefined : inWireNames(details.hint, answering),
    );
  const error = wireErrors[code];
  const { limit } = details;
  const says = isAdministration(answering.path) ? error.says?.administration : error.says?.other;
  const message =
    says ??
    (code === "limit.exceeded" && limit !== undefined ? planMaximum(limit) : sentencesOf(details, answering));
  const answer = errorAnswer(answering, error, message, limit === undefined ? {} : limitMembers(limit));
  return code === "guardrails.unavailable"
    ? { ...answer, headers: { "retry-after": String(GUARDRAILS_RETRY_SECONDS) } }
    : answer;
}

/** Seconds after which a send that no rule could judge may be tried again (nylas 7.2). */
const GUARDRAILS_RETRY_SECONDS = 5;

/** What programs read of a limit beside its sentence (nylas 7.5). */
const limitMembers = ({ resource, count, used, resetAt }: ExhaustedLimit): Record<string, unknown> => ({
  limit: wireResource(resource),
  maximum: count,
  ...(used !== undefined && { used }),
  ...(resetAt !== undefined && { reset_at: Math.floor(resetAt.getTime() / 1000) }),
});

/** A request that does not fit the route's schema: the message names the first field that is wrong, `details` all of them. */
export function validationAnswer(
  issues: readonly Issue[],
  answering: Answering,
  remedy?: string,
): ErrorAnswer {
  const [first] = issues;
  const isUnreadable = first?.["format"] === "json_string";
  const at = (first?.path ?? []).join(".");
  const why = isUnreadable
    ? "error parsing request body"
    : (first?.message ?? "it is not what this route takes");
  const message = at === "" || why.includes(at) ? why : `${at}: ${why}`;
  const details = issues
    .slice(0, MAX_REPORTED_ISSUES)
    .map(({ path, message: msg, code }) => ({ loc: path, msg, type: code }));
  return errorAnswer(
    answering,
    isUnreadable ? unreadableBody : invalid,
    remedy === undefined || isUnreadable ? message : `${message.replace(/\.?$/, ".")} ${remedy}`,
    { details },
  );
}

/** A server error. Nothing of the error itself may show. */
export const internalAnswer = (answering: Answering): ErrorAnswer =>
  errorAnswer(
    answering,
    { status: 500, administration: "api.internal_error", other: "internal_error" },
    "Internal error. Try again; if it persists, look for the request_id in the server's log.",
  );

/** What the vendor has and agent accounts have not (nylas 7.7). @param what with its verb: "Smart compose is" */
export const notAvailable =
  (what: string) =>
  (answering: Answering): ErrorAnswer =>
    errorAnswer(answering, invalid, `${what} not available for provider nylas`);

/** An object that cannot exist here. */
export const noSuchObject = (answering: Answering): ErrorAnswer => {
  const says = isAdministration(answering.path) ? notFound.says?.administration : notFound.says?.other;
  return errorAnswer(answering, notFound, says ?? "");
};
