/** What a refusal looks like on the wire (contract 3). */
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

/** What is wrong with an answer that should be a refusal of this status, or null. */
export function refused({ status, text, body }: RawAnswer, expected: number): string | null {
  if (status !== expected) return `should be answered ${expected}`;
  if (text.length > MAX_REFUSAL) return `is answered with ${text.length} characters`;
  if (!codes[expected]?.includes(String(body["code"])))
    return `should have one of the codes ${codes[expected]}`;
  const missing = ["name", "message", "fix", "docs"].find((field) => typeof body[field] !== "string");
  return missing === undefined ? null : `should have a ${missing}`;
}

/**
 * The same for what is wrong with one field of a request: a 400 points at it in `errors` and names it in `fix`.
 * @param at null: no field, as when several were possible
 */
export function refusedAt(
  answer: RawAnswer,
  expected: number,
  at: readonly (string | number)[] | null,
): string | null {
  const wrong = refused(answer, expected);
  if (wrong !== null || expected !== 400) return wrong;
  const [first] = (answer.body["errors"] ?? []) as readonly {
    path: unknown[];
    message?: string;
    code?: string;
  }[];
  if (first?.code === undefined || first.message === undefined) return "should have an entry in errors";
  const path = at ?? [];
  if (JSON.stringify(first.path) !== JSON.stringify(path)) return `should point at ${JSON.stringify(path)}`;
  const name = path.join(".");
  return String(answer.body["fix"]).includes(name) ? null : `should name ${name} in fix`;
}
