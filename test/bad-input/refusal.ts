/** What a refusal looks like on the wire, in each dialect (contract 3; nylas 7). */
import type { RawAnswer } from "./raw-request.ts";

/** Characters. An answer that gives back what it was sent would let a caller fill our memory twice. */
const MAX_REFUSAL = 8000;

const codes: Readonly<Record<number, readonly string[]>> = {
  400: ["validation_error"],
  401: ["missing_authorization"],
  403: ["already_exists", "domain_not_verified", "unknown_api_key", "forbidden"],
  404: ["not_found"],
  413: ["validation_error"],
};

const types: Readonly<Record<number, readonly string[]>> = {
  400: ["invalid_request_error", "api.invalid_request_error", "api.invalid_request_payload"],
  401: ["unauthorized", "token.unauthorized_access"],
  403: ["insufficient_scopes", "forbidden_access"],
  404: ["not_found_error", "api.not_found_error"],
  409: ["conflict", "api.conflict_error"],
  413: ["request_too_large"],
};

/** The error of a body of /v3; null in other dialects. */
function v3Error(body: RawAnswer["body"]): Readonly<Record<string, unknown>> | null {
  const error = body["error"];
  // Cast: an object's fields are read by name.
  return typeof error === "object" && error !== null ? (error as Record<string, unknown>) : null;
}

/** What is wrong with an answer that should be a refusal of this status, or null. */
export function refused({ status, text, body }: RawAnswer, expected: number): string | null {
  if (status !== expected) return `should be answered ${expected}`;
  if (text.length > MAX_REFUSAL) return `is answered with ${text.length} characters`;
  const error = v3Error(body);
  if (error !== null) {
    if (typeof body["request_id"] !== "string") return "should have a request_id";
    if (typeof error["message"] !== "string" || error["message"] === "") return "should have a message";
    return types[expected]?.includes(String(error["type"])) === true
      ? null
      : `should have one of the types ${types[expected]}`;
  }
  if (!codes[expected]?.includes(String(body["code"])))
    return `should have one of the codes ${codes[expected]}`;
  const missing = ["name", "message", "fix", "docs"].find((field) => typeof body[field] !== "string");
  return missing === undefined ? null : `should have a ${missing}`;
}

/** One issue of a refusal, and the sentence that must name its field. */
interface Pointed {
  readonly path: readonly unknown[];
  readonly message: unknown;
  readonly code: unknown;
  readonly names: string;
}

function pointedOf(body: RawAnswer["body"]): Pointed | null {
  const error = v3Error(body);
  // Cast: what the shapes of both dialects say of a 400.
  if (error === null) {
    const [first] = (body["errors"] ?? []) as readonly { path: unknown[]; message?: string; code?: string }[];
    return first === undefined
      ? null
      : { path: first.path, message: first.message, code: first.code, names: String(body["fix"]) };
  }
  const [first] = (error["details"] ?? []) as readonly { loc: unknown[]; msg?: string; type?: string }[];
  return first === undefined
    ? null
    : { path: first.loc, message: first.msg, code: first.type, names: String(error["message"]) };
}

/**
 * The same for what is wrong with one field of a request: a 400 points at it and names it in a sentence.
 * @param at null: no field, as when several were possible
 */
export function refusedAt(
  answer: RawAnswer,
  expected: number,
  at: readonly (string | number)[] | null,
): string | null {
  const wrong = refused(answer, expected);
  if (wrong !== null || expected !== 400) return wrong;
  const first = pointedOf(answer.body);
  if (first?.code === undefined || first.message === undefined)
    return "should say what is wrong with which field";
  const path = at ?? [];
  if (JSON.stringify(first.path) !== JSON.stringify(path)) return `should point at ${JSON.stringify(path)}`;
  const name = path.join(".");
  return first.names.includes(name) ? null : `should name ${name} in a sentence`;
}

/** Where the first issue of a refusal points; empty when it has none. */
export const pointsAt = ({ body }: RawAnswer): readonly unknown[] => pointedOf(body)?.path ?? [];
