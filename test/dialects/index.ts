/** The dialects that the matrices walk, and how to read what each of them refuses. */
import { routesOf } from "../../src/transport/http/dialect/dialect.ts";
import { v0 } from "../../src/transport/http/v0/index.ts";
import { v3 } from "../../src/transport/http/v3/index.ts";

export const dialects = [v0, v3] as const;

/** Every route of every dialect. */
export const allRoutes = dialects.flatMap(routesOf);

/** The dialect of a path; v0 answers for paths that belong to none. */
export const dialectOf = (path: string): (typeof dialects)[number] =>
  dialects.find(({ name }) => path.startsWith(`/${name}/`)) ?? v0;

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

/** @param path of the request, which determines the dialect */
export const readRefusal = (path: string, answered: Answered): Refusal =>
  dialectOf(path) === v3 ? readV3(answered) : readV0(answered);

function readV0({ status, body }: Answered): Refusal {
  const [first] = (body["errors"] ?? []) as readonly { path: readonly unknown[] }[];
  return { status, code: String(body["code"]), fix: String(body["fix"]), at: first?.path ?? null };
}

function readV3({ status, body }: Answered): Refusal {
  // Cast: the shape of the dialect's errors, missing in its successes.
  const {
    type = "",
    message = "",
    details = [],
  } = (body["error"] ?? {}) as {
    readonly type?: string;
    readonly message?: string;
    readonly details?: readonly { readonly loc: readonly unknown[] }[];
  };
  return { status, code: v0CodeOf(type, message), fix: message, at: details[0]?.loc ?? null };
}

/** A key that lacks a permission and one of too narrow a scope have one type, and sentences of their own. */
function v0CodeOf(type: string, message: string): string {
  if (type === "insufficient_scopes")
    return message.includes("permission") ? "missing_permission" : "forbidden";
  if (type.endsWith("not_found_error")) return "not_found";
  return type.endsWith("invalid_request_error") ? "validation_error" : type;
}
