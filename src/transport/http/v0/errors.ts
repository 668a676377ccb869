/** Failures as this facade's error body and status: total by type, so a new code cannot be forgotten (contract 3). */
import type { FailCode, Failure } from "../../../domain/door/failures.ts";
import { type Text, textOf } from "../../../domain/door/text.ts";
import type { Answering, ErrorAnswer } from "../dialect/dialect.ts";
import { wireNames } from "../dialect/field-names.ts";
import type { Issue } from "../dialect/invalid-request.ts";
import { wirePath } from "../dialect/naming.ts";
import type { RenamedFields } from "../dialect/route.ts";
import { MAX_REPORTED_ISSUES } from "../limits.ts";

interface WireError {
  readonly status: number;
  readonly code: string;
  readonly name: string;
}

const notFound: WireError = { status: 404, code: "not_found", name: "NotFoundError" };
const alreadyExists: WireError = { status: 403, code: "already_exists", name: "AlreadyExistsError" };
const validation: WireError = { status: 400, code: "validation_error", name: "ValidationError" };
const forbidden = (code: string): WireError => ({ status: 403, code, name: "ForbiddenError" });

/** How each failure looks on the wire; several share a code. */
export const wireErrors: Readonly<Record<FailCode, WireError>> = {
  "input.invalid": validation,
  "input.too_large": { status: 413, code: "validation_error", name: "ValidationError" },
  "range.too_wide": { status: 400, code: "query_range_too_wide", name: "ValidationError" },
  "auth.missing": { status: 401, code: "missing_authorization", name: "UnauthorizedError" },
  // The vendor's gateway answers an unknown key 403, whatever its documentation says (contract 2.4).
  "auth.unknown_key": { status: 403, code: "unknown_api_key", name: "ForbiddenError" },
  "auth.expired_key": { status: 401, code: "api_key_expired", name: "UnauthorizedError" },
  "permission.missing": forbidden("missing_permission"),
  "permission.escalation": forbidden("permission_escalation"),
  "permission.unrestricted_required": forbidden("unrestricted_key_required"),
  "scope.forbidden": forbidden("forbidden"),
  "route.not_found": notFound,
  "route.not_implemented": { status: 501, code: "not_implemented", name: "NotImplementedError" },
  "pod.not_found": notFound,
  "inbox.not_found": notFound,
  "object.not_found": notFound,
  "file.expired": forbidden("forbidden"),
  "feature.disabled": forbidden("forbidden"),
  "inbox.taken": alreadyExists,
  "human.taken": alreadyExists,
  "domain.taken": alreadyExists,
  "domain.not_verified": { status: 403, code: "domain_not_verified", name: "DomainNotVerifiedError" },
  "domain.subdomains_disabled": { status: 422, code: "unprocessable", name: "UnprocessableError" },
  "pod.not_empty": { status: 409, code: "cannot_delete", name: "CannotDeleteError" },
  "pod.suspended": { status: 403, code: "pod_suspended", name: "ForbiddenError" },
  "message.rejected": { status: 403, code: "message_rejected", name: "MessageRejectedError" },
  "message.looping": { status: 403, code: "message_rejected", name: "MessageRejectedError" },
  "thread.too_long": { status: 422, code: "unprocessable", name: "UnprocessableError" },
  "idempotency.conflict": { status: 409, code: "conflict", name: "ConflictError" },
  "limit.exceeded": { status: 403, code: "limit_exceeded", name: "LimitExceededError" },
  "limit.reached": { status: 429, code: "rate_limit_exceeded", name: "RateLimitError" },
  "storage.reached": { status: 403, code: "limit_exceeded", name: "LimitExceededError" },
  "message.too_large": { status: 413, code: "message_rejected", name: "MessageRejectedError" },
  "attachment.refused": { status: 400, code: "message_rejected", name: "MessageRejectedError" },
  "rule.blocked": { status: 403, code: "message_rejected", name: "MessageRejectedError" },
  // Clients of a send make their MessageRejectedError of any 403 (contract 3.3).
  "sending.paused": { status: 403, code: "inbox_paused", name: "MessageRejectedError" },
  "object.in_use": { status: 409, code: "cannot_delete", name: "CannotDeleteError" },
  "object.conflict": { status: 409, code: "conflict", name: "ConflictError" },
  "guardrails.unavailable": { status: 503, code: "service_unavailable", name: "ServiceUnavailableError" },
  "service.unavailable": { status: 503, code: "service_unavailable", name: "ServiceUnavailableError" },
  "service.full": { status: 503, code: "service_unavailable", name: "ServiceUnavailableError" },
};

const docs = (code: string): string => `/docs/errors#${code}`;

/** A sentence of the domain with the fields' names of this API. */
export const inWireNames = (text: Text, fields?: RenamedFields): string =>
  textOf(text, (path) => wireNames(path, fields).join("."));

/** A domain failure in the envelope of contract 3.1. */
export function failureAnswer(failure: Failure, { fields }: Pick<Answering, "fields"> = {}): ErrorAnswer {
  const { status, code, name } = wireErrors[failure.code];
  const { details } = failure;
  const { path = [], suggestions, limit } = details;
  const message = inWireNames(details.message, fields);
  const fix = details.hint === undefined ? undefined : inWireNames(details.hint, fields);
  if (failure.code === "input.invalid" || failure.code === "range.too_wide") {
    const others = (details.others ?? []).map((other) => ({
      code: "custom",
      path: wireNames(other.path, fields),
      message: inWireNames(other.message, fields),
    }));
    const { body } = validationAnswer(
      [{ code: "custom", path: wireNames(path, fields), message }, ...others],
      fix,
    );
    return { status, body: { ...body, code, docs: docs(code) } };
  }
  return {
    status,
    body: {
      name,
      code,
      message,
      ...(fix && { fix }),
      ...(suggestions && { suggestions }),
      ...(limit && {
        resource: wirePath([limit.resource]).join("."),
        limit: limit.count,
        ...(limit.used !== undefined && { used: limit.used }),
        ...(limit.resetAt !== undefined && { reset_at: limit.resetAt.toISOString() }),
      }),
      docs: docs(code),
    },
  };
}

/**
 * Schema issues in the validation envelope of contract 3.2; `errors` entries are zod's own issues, which it is made of.
 * `fix` names the field and what is wrong with it, then says what to do, when `remedy` knows.
 */
export function validationAnswer(issues: readonly Issue[], remedy?: string): ErrorAnswer {
  const errors = issues.slice(0, MAX_REPORTED_ISSUES);
  const fields = errors.map(({ path }) => (path.length === 0 ? "the request" : path.join(".")));
  const named = [...new Set(fields)].join(", ");
  const why = (errors[0]?.message ?? "it is not what this route takes").replace(/\.?$/, ".");
  return {
    status: 400,
    body: {
      name: "ValidationError",
      code: "validation_error",
      message: "Request validation failed",
      errors,
      fix: `Check ${named}: ${why}${remedy === undefined ? "" : ` ${remedy}`}`,
      docs: docs("validation_error"),
    },
  };
}

/** A server error. Nothing of the error itself may show. */
export const internalAnswer: ErrorAnswer = {
  status: 500,
  body: {
    name: "InternalServerError",
    code: "internal_error",
    message: "Internal server error",
    fix: "Try again; if it persists, look for this request's x-request-id in the server's log.",
    docs: docs("internal_error"),
  },
};
