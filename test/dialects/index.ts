/** The dialects that the matrices walk, and how to read what each of them refuses. */
import { routesOf } from "../../src/transport/http/dialect/dialect.ts";
import { v0 } from "../../src/transport/http/v0/index.ts";
import { second } from "./second.ts";

export const dialects = [v0, second] as const;

/** Every route of every dialect. */
export const allRoutes = dialects.flatMap(routesOf);

/** A refusal in the words of AgentMail's API, whichever dialect it was written in. */
export interface Refusal {
  /** 400 for input that is invalid. */
  readonly status: number;
  readonly code: string;
  readonly fix: string;
  /** Where the first issue points; null without issues. */
  readonly at: readonly unknown[] | null;
}

interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const codes: Readonly<Record<string, string>> = {
  "input.invalid": "validation_error",
  "permission.missing": "missing_permission",
  "scope.forbidden": "forbidden",
};

/** @param path of the request, which determines the dialect */
export function readRefusal(path: string, { status, body }: Answered): Refusal {
  if (!path.startsWith(`/${second.name}/`)) {
    const [first] = (body["errors"] ?? []) as readonly { path: readonly unknown[] }[];
    return { status, code: String(body["code"]), fix: String(body["fix"]), at: first?.path ?? null };
  }
  // Cast: the shape of the second dialect's errors, missing in its successes.
  const {
    type = "",
    advice,
    field,
  } = (body["error"] ?? {}) as {
    readonly type?: string;
    readonly advice?: string;
    readonly field?: readonly unknown[];
  };
  const code = type.endsWith(".not_found") ? "not_found" : (codes[type] ?? type);
  return { status: status === 422 ? 400 : status, code, fix: advice ?? "", at: field ?? null };
}
