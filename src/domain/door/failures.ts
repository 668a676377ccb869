/** The closed list of ways an operation may fail for a reason its caller can understand. Every edge maps all of them. */
import { below, ownNameOf, type Path, type Text, textOf } from "./text.ts";

export const failCodes = [
  "input.invalid",
  "input.too_large",
  // More points than an answer of metrics has, or a search of too much.
  "range.too_wide",
  "auth.missing",
  "auth.unknown_key",
  "auth.expired_key",
  "permission.missing",
  "permission.escalation",
  "permission.unrestricted_required",
  "scope.forbidden",
  "route.not_found",
  "route.not_implemented",
  "pod.not_found",
  "inbox.not_found",
  // Of every noun but the two targets above: its sentence says what is absent, so that a new noun needs no code of its own.
  "object.not_found",
  "file.expired",
  // A feature of a vendor's that this server does not have.
  "feature.disabled",
  "inbox.taken",
  "human.taken",
  "domain.taken",
  "domain.not_verified",
  "domain.subdomains_disabled",
  "pod.not_empty",
  "pod.suspended",
  "message.rejected",
  "message.looping",
  "thread.too_long",
  "idempotency.conflict",
  "limit.exceeded",
  // A cap over time: `limit` says when it is over.
  "limit.reached",
  "storage.reached",
  "message.too_large",
  "attachment.refused",
  "rule.blocked",
  "sending.paused",
  "object.in_use",
  "object.conflict",
  // What guards could not be asked, and without it nothing is let through.
  "guardrails.unavailable",
  "service.unavailable",
  // Nothing more can be stored. Apart from the one before, as SMTP has a reply of its own for it.
  "service.full",
] as const;

export type FailCode = (typeof failCodes)[number];

export interface ExhaustedLimit {
  readonly resource: string;
  /** How many, or how many bytes, there may be. */
  readonly count: number;
  /** How many there are. */
  readonly used?: number;
  /** When there may be more again. */
  readonly resetAt?: Date;
}

/** One thing that is wrong with the input. */
export interface InputProblem {
  readonly path: Path;
  readonly message: Text;
}

/** What the caller may read about a failure, and what only the log may. */
export interface FailureDetails {
  /** One sentence for the caller. */
  readonly message: Text;
  /** What the caller can do next. */
  readonly hint?: Text;
  /** Where in the operation's input it is, e.g. ["attachments", 0, "content"]. */
  readonly path?: Path;
  /** What else is wrong with the input, of the same kind, beside `path` and `message`. */
  readonly others?: readonly InputProblem[];
  /** Free values to offer instead, e.g. usernames. */
  readonly suggestions?: readonly string[];
  /** The quota that is exhausted, e.g. `webhook`; for limit.exceeded, limit.reached and storage.reached. */
  readonly limit?: ExhaustedLimit;
  /** For the log only. */
  readonly logDetail?: string;
}

/** An expected failure. Thrown inside an operation, it rolls the transaction back. */
export class Failure extends Error {
  readonly code: FailCode;
  readonly details: FailureDetails;
  constructor(code: FailCode, details: FailureDetails) {
    super(textOf(details.message, ownNameOf));
    this.name = "Failure";
    this.code = code;
    this.details = details;
  }
}

/** Makes the error to throw for something the caller caused. */
export function fail(code: FailCode, details: FailureDetails): Failure {
  return new Failure(code, details);
}

/** The failure of one input field: `path` names it, `message` what is wrong with it. */
export function invalid(path: Path, message: Text, hint?: Text): Failure {
  return new Failure("input.invalid", hint === undefined ? { message, path } : { message, path, hint });
}

/** @throws Failure input.invalid with all of them, unless there are none */
export function refuseInvalid([first, ...others]: readonly InputProblem[], hint?: Text): void {
  if (first !== undefined)
    throw new Failure("input.invalid", { ...first, others, ...(hint !== undefined && { hint }) });
}

/** What `make` gives, or the Failure it throws: for a plan whose failure counts only where the plan is used. */
export function attempt<Value>(make: () => Value): Value | Failure {
  try {
    return make();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** What `make` gives, a part of the input that lies at `path`: what is wrong with it is named from the input's root. */
export function partAt<Value>(path: Path, make: () => Value): Value {
  const made = attempt(make);
  if (!(made instanceof Failure)) return made;
  const { message, hint, path: own = [] } = made.details;
  throw new Failure(made.code, {
    ...made.details,
    message: below(path, message),
    ...(hint !== undefined && { hint: below(path, hint) }),
    path: [...path, ...own],
  });
}

/** Logs a tolerated error. */
export type Warn = (reason: string, error: unknown) => void;

/** Best effort: logs the error of `act` with its reason instead of throwing. The only way to swallow an error. */
export async function mayFail(reason: string, warn: Warn, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    warn(reason, error);
  }
}
