/**
 * What an operation is: a name, the permissions it needs, the target it works on, what it checks before a transaction is
 * open, and what it does in one. Declared here, run by the door (door.ts).
 */
import type { Actor } from "./access/actor.ts";
import type { Permission } from "./access/permissions.ts";
import type { Installation, Targeted } from "./context.ts";
import type { FailCode } from "./failures.ts";

/**
 * Which target must be named. "inbox" and "pod": one of that kind. "organization": none, and the caller's key must be the
 * organization's. "any": a pod, an inbox or none.
 */
export type TargetKind = "any" | "organization" | "pod" | "inbox";

/**
 * A read writes nothing: PostgreSQL would refuse it. "disclosure": a read that is on record, as that of all that a pod holds. A write leaves an audit
 * row for each object changed, one at least. "upkeep": the system's own bookkeeping, and one of the many runs of a fleet's apply, which leave those that
 * they name and may be done twice.
 */
export type OperationKind = "read" | "disclosure" | "write" | "upkeep";

/** A permission that only some inputs need. */
export interface NeedByInput<Input> {
  readonly permission: Permission;
  readonly if: (input: Input) => boolean;
  /** When that is, for documents: "when it names recipients". */
  readonly says: string;
}

/** A need as documents and matrices read it: without an input. */
export interface DeclaredNeed {
  readonly permission: Permission;
  /** When it is needed; null: always. */
  readonly says: string | null;
}

export interface Need<Input> extends DeclaredNeed {
  readonly isNeededBy: (input: Input) => boolean;
}

/** What a run adds to a transaction that it shares. */
export interface Share {
  /** Rows that it writes, about. */
  readonly rows: number;
  /** Bytes that it brings, about. */
  readonly bytes: number;
}

/** What is known before a transaction is open. */
export interface Facts {
  readonly installation: Installation;
  readonly actor: Actor;
}

/**
 * What `operation` takes. Without `check`, `run` gets the input as it is.
 */
export interface OperationSpec<Input, Checked, Output, Kind extends TargetKind> {
  /** noun.verb, as audit rows and logs name it. */
  readonly name: string;
  /**
   * Every permission that the actor must hold, those that depend on the input among them. Empty only for what every key may
   * ask (who am I). "system": closed to every key, whatever its permissions.
   */
  readonly needs: readonly (Permission | NeedByInput<Input>)[] | "system";
  readonly on: Kind;
  readonly kind: OperationKind;
  /** True when one statement of it may take minutes: it deletes all that an inbox or pod holds, or makes thousands at once. */
  readonly isLong?: boolean;
  /**
   * True when it may run on an inbox that is on its way to another pod. All others are refused meanwhile: part of what the inbox
   * holds is here, the rest there.
   */
  readonly runsWhileMoving?: boolean;
  /**
   * True when it touches more of the organization than its target, as what takes something from one pod to another: its scope is not
   * narrowed, and only those who reach the whole organization may run it.
   */
  readonly acrossPods?: boolean;
  /**
   * Present when runs of it, and of others of its kind, that wait at the same moment may share a transaction: those of one inbox, or of
   * one pod by keys of the pod. They are written as one that runs alone, and heed `context.sharing`.
   */
  readonly shares?: (input: Input) => Share;
  /** Failures of its own, beyond those of every operation. Documents, the error page and tests read them here. */
  readonly fails?: readonly FailCode[];
  /**
   * Pure, and done before BEGIN, with no connection and no turn held: decoding, bounds, formats. What it gives is what `run`
   * works on. A create makes its rows here as far as they follow from the input, so that a batch of it is the same check
   * of each. @throws Failure for what is wrong with the input
   */
  readonly check?: (input: Input, facts: Facts) => Checked;
  /** May run more than once (deadlock, work outside): all it does is in its transaction. */
  readonly run: (context: Targeted<Kind>, checked: Checked) => Promise<Output>;
}

/** An operation with what it checks closed over: the door knows its input and what it gives. */
export interface Operation<Input, Output, Kind extends TargetKind = TargetKind> {
  readonly name: string;
  readonly needs: readonly Need<Input>[];
  /** Only an actor of the system may run it. */
  readonly isInternal: boolean;
  readonly on: Kind;
  readonly kind: OperationKind;
  readonly isLong: boolean;
  readonly runsWhileMoving: boolean;
  readonly acrossPods: (input: Input) => boolean;
  /** Null: its runs share no transaction. */
  readonly shareOf: (input: Input) => Share | null;
  readonly fails: readonly FailCode[];
  /** Checks the input. @returns what to do in a transaction, as often as it takes */
  readonly prepare: (input: Input, facts: Facts) => (context: Targeted<Kind>) => Promise<Output>;
}

/** Declares an operation; the types follow from `check` and `run`. */
export function operation<Checked, Output, Kind extends TargetKind, Input = Checked>(
  spec: OperationSpec<Input, Checked, Output, Kind>,
): Operation<Input, Output, Kind> {
  const { check, run } = spec;
  return {
    name: spec.name,
    needs: spec.needs === "system" ? [] : spec.needs.map(needOf),
    isInternal: spec.needs === "system",
    on: spec.on,
    kind: spec.kind,
    isLong: spec.isLong === true,
    runsWhileMoving: spec.runsWhileMoving === true,
    acrossPods: () => spec.acrossPods === true,
    shareOf: (input) => spec.shares?.(input) ?? null,
    fails: spec.fails ?? [],
    prepare(input, facts) {
      // Cast: without a check there is nothing that Input could be inferred from, so it is Checked.
      const checked = check === undefined ? (input as unknown as Checked) : check(input, facts);
      return (context) => run(context, checked);
    },
  };
}

function needOf<Input>(need: Permission | NeedByInput<Input>): Need<Input> {
  if (typeof need === "string") return { permission: need, says: null, isNeededBy: () => true };
  return { permission: need.permission, says: need.says, isNeededBy: need.if };
}

/** What any operation may fail with: because of its caller, its input, the targets that are named, or the server. */
export const mayAlwaysFail: ReadonlySet<FailCode> = new Set<FailCode>([
  "auth.missing",
  "auth.unknown_key",
  "auth.expired_key",
  "permission.missing",
  "scope.forbidden",
  "input.invalid",
  "input.too_large",
  "pod.not_found",
  "inbox.not_found",
  // Of a key of the pod and its inboxes, and of sends.
  "pod.suspended",
  // The inbox is on its way to another pod.
  "object.conflict",
  "service.unavailable",
  "service.full",
]);
