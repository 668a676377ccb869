/** A transaction of the door: the runs that share it, one as a rule, each under the target that it names, and what they leave behind. */
import type { Clock } from "../../lib/clock.ts";
import type { Database, Tx } from "../../storage/db.ts";
import type { Job } from "../../storage/jobs.ts";
import { LARGE_READ_BYTES, LONG_STATEMENT_MS } from "../limits.ts";
import type { Actor } from "./access/actor.ts";
import { KEY_CHANNEL } from "./access/authenticate.ts";
import type { Scope } from "./access/scope.ts";
import {
  type AuditRow,
  findInboxTargetById,
  type InboxTarget,
  insertAudit,
  insertEvents,
} from "./access/store.ts";
import type { Change, Context, Lent } from "./context.ts";
import type { NewEvent } from "./events.ts";
import { Failure, fail } from "./failures.ts";
import type { Operation } from "./operation.ts";
import type { OutsideKind, OutsideOutcome, OutsideRequest } from "./outside.ts";
import { EndOfRun, type Outcome, Sharers, type Sharing } from "./sharing.ts";
import { refuseSuspended, rethrowUnlessSuspended } from "./suspended.ts";
import { type At, type Resolved, resolve, resolveAcrossPods } from "./targets.ts";

export interface TransactionParts {
  readonly database: Database;
  readonly clock: Clock;
  /** Has this process look a key (null: every key) up anew. */
  readonly forgetKey: (keyId: string | null) => void;
  readonly lent: Lent;
}

/** An operation with its checked input, as a transaction runs it. */
export interface Run {
  readonly operation: Pick<Operation<never, unknown>, "name" | "on" | "kind" | "isLong" | "runsWhileMoving">;
  readonly acrossPods: boolean;
  readonly act: (context: Context, resolved: Resolved) => Promise<unknown>;
  readonly actor: Actor;
  readonly at: At;
  /** The work outside that earlier transactions wanted, in its order. */
  readonly done: readonly OutsideDone[];
  /** Gets what outlives a refusal. */
  readonly refusalWrites: RefusalWrite[];
}

/** What outlives a refusal, in the scope of its context. */
export type RefusalWrite = (tx: Tx) => Promise<unknown>;

/** Ends a run that wants work outside. */
export class OutsideWanted extends EndOfRun {
  readonly request: OutsideRequest<OutsideKind>;
  constructor(request: OutsideRequest<OutsideKind>) {
    super("work outside is done between two transactions");
    this.request = request;
  }
}

/** Work that was done, with what came of it. */
export interface OutsideDone<Kind extends OutsideKind = OutsideKind> {
  readonly kind: Kind;
  readonly outcome: OutsideOutcome<Kind>;
}

/** What was done in an order. Room has no place in it: what is to be read may have grown since the run before. */
export const stepsOf = (done: readonly OutsideDone[]): readonly OutsideDone[] =>
  done.filter(({ kind }) => kind !== "room");

/**
 * Runs one, or several of one kind by actors of one scope, in one transaction. One that runs alone fails with its own error.
 * @returns the outcome of each
 */
export async function runTogether(
  parts: TransactionParts,
  runs: readonly Run[],
): Promise<readonly Outcome<unknown>[]> {
  const [first] = runs;
  if (first === undefined) return [];
  const { kind, isLong } = first.operation;
  const options = {
    isRepeatable: kind !== "write",
    // What it reads is where its target was found: an inbox that moves meanwhile must not look empty, or absent.
    seesOneMoment: kind === "read" || kind === "disclosure",
    isReadOnly: kind === "read",
    ...(isLong && { statementMs: LONG_STATEMENT_MS }),
  };
  const { scope } = first.actor;
  const { outcomes, changedKeys } = await parts.database.transaction(
    scope,
    (tx) => attempt(parts, { tx, scope, runs }),
    options,
  );
  for (const keyId of changedKeys) parts.forgetKey(keyId);
  return outcomes;
}

interface Attempt {
  readonly tx: Tx;
  /** Of the actors. */
  readonly scope: Scope;
  readonly runs: readonly Run[];
}

async function attempt(parts: TransactionParts, { tx, scope: actors, runs }: Attempt) {
  const looking = new Sharers(runs.length);
  const places = await Promise.all(runs.map((run) => looking.run(() => find(tx, run))));
  const scope = scopeOf(actors, places);
  // Sent before anything that runs in the scope; if it fails, so do all later statements.
  const narrowed = scope === actors ? Promise.resolve() : tx.narrow(scope);
  const sharers = new Sharers(places.filter((place) => "value" in place).length);
  const begun = runs.map(async (run, index) => {
    const place = places[index];
    if (place === undefined || "error" in place) return place ?? { error: new Error("a run has no place") };
    return sharers.run((sharing) => runAt(parts, { tx, run, resolved: place.value, sharing }));
  });
  const [ended] = await Promise.all([Promise.all(begun), narrowed]);
  const ran = ended.flatMap((outcome) => ("value" in outcome ? [outcome.value] : []));
  leave(tx, scope, ran);
  return {
    outcomes: ended.map((outcome) => ("value" in outcome ? { value: outcome.value.given } : outcome)),
    changedKeys: ran.flatMap(({ effects }) => effects.changedKeys),
  };
}

function find(tx: Tx, { acrossPods, actor, at }: Run): Promise<Resolved> {
  return (acrossPods ? resolveAcrossPods : resolve)(tx, actor, at).catch((error: unknown) =>
    error instanceof Failure ? rethrowUnlessSuspended(tx, actor, error) : Promise.reject(error),
  );
}

/** The narrowest scope that has all of what was found: where it is one, otherwise that of the actors. */
function scopeOf(actors: Scope, places: readonly Outcome<Resolved>[]): Scope {
  const [first, ...others] = places.flatMap((place) => ("value" in place ? [place.value.scope] : []));
  if (first === undefined) return actors;
  const { podId, inboxId } = first;
  return others.every((other) => other.podId === podId && other.inboxId === inboxId) ? first : actors;
}

/** What a run leaves to be written after it. */
interface Effects {
  readonly events: NewEvent[];
  readonly jobs: Job[];
  readonly changes: Change[];
  readonly changedKeys: (string | null)[];
}

interface Ran {
  readonly given: unknown;
  readonly effects: Effects;
  readonly audit: readonly AuditRow[];
}

interface RunParts {
  readonly tx: Tx;
  readonly run: Run;
  readonly resolved: Resolved;
  readonly sharing: Sharing;
}

async function runAt(parts: TransactionParts, at: RunParts): Promise<Ran> {
  const { tx, run, resolved } = at;
  const { operation, actor, refusalWrites } = run;
  const effects: Effects = { events: [], jobs: [], changes: [], changedKeys: [] };
  // An attempt that is run again begins anew.
  refusalWrites.length = 0;
  const context = contextOf(parts, at, effects);
  refuseSuspended(tx, actor, resolved);
  if (!operation.runsWhileMoving) refuseMoving(tx, actor, resolved);
  const given = await run.act(context, resolved);
  const isAudited = operation.kind === "write" || effects.changes.length > 0;
  return { given, effects, audit: isAudited ? auditRows(context, operation.name, effects.changes) : [] };
}

/** Writes what runs leave, in one statement of each kind. */
function leave(tx: Tx, scope: Scope, ran: readonly Ran[]): void {
  const audit = ran.flatMap((one) => one.audit);
  if (audit.length > 0) {
    tx.beforeCommit(insertAudit(tx, scope, audit));
    tx.provenBy((again) => insertAudit(again, scope, audit.slice(0, 1)));
  }
  const effects = ran.map((one) => one.effects);
  const events = effects.flatMap((one) => one.events);
  const jobs = effects.flatMap((one) => one.jobs);
  tx.beforeCommit(insertEvents(tx, scope, events), tx.enqueue(jobs));
  const changedKeys = effects.flatMap((one) => one.changedKeys);
  tx.beforeCommit(...changedKeys.map((keyId) => tx.notify(KEY_CHANNEL, keyId ?? "")));
}

/**
 * Refuses an inbox that is on its way to another pod: the one that the caller names, or that its key is of, which is looked up beside
 * what runs.
 */
function refuseMoving(tx: Tx, { scope }: Actor, { inbox }: Resolved): void {
  const { podId, inboxId } = scope;
  const check = (target: InboxTarget | null): void => {
    if (target?.isMoving === true) throw isMoving();
  };
  check(inbox);
  if (inbox === null && inboxId !== null)
    tx.beforeCommit(findInboxTargetById(tx, scope, podId, inboxId).then(check));
}

const isMoving = () =>
  fail("object.conflict", {
    message: "The inbox is being moved to another pod",
    hint: "Try again in a few seconds: until then it can be neither read nor written.",
  });

function contextOf(
  { lent, clock }: TransactionParts,
  { tx, run, resolved, sharing }: RunParts,
  effects: Effects,
): Context {
  const now = clock.now();
  const { actor, done, refusalWrites } = run;
  const { scope } = resolved;
  const { organizationId } = scope;
  const ordered = stepsOf(done);
  let steps = 0;
  return {
    ...lent,
    ...{ tx, actor, now, scope, sharing },
    outside: <Kind extends OutsideKind>(request: OutsideRequest<Kind>) => {
      const step = ordered[steps++];
      if (step === undefined) throw new OutsideWanted(request);
      if (step.kind !== request.kind) throw new Error("a repeated run needs other outside work than before");
      // Cast: the outcome is that of a request of the same kind.
      return step.outcome as OutsideOutcome<Kind>;
    },
    room(bytes) {
      if (bytes > LARGE_READ_BYTES && ordered.length === done.length)
        throw new OutsideWanted({ kind: "room", bytes });
    },
    emit: (event) => void effects.events.push({ ...event, id: lent.newId(), organizationId, at: now }),
    onRefusal: (write) => void refusalWrites.push((own) => write(own, scope)),
    enqueue: (job) => void effects.jobs.push(job),
    keysChanged: (keyId) => void effects.changedKeys.push(keyId),
    changed: (changes) => void effects.changes.push(...changes),
    target: (name) => void effects.changes.push({ target: name }),
  };
}

/**
 * One row for each object changed; one without an object for a write that names none. Changes made at organization level
 * are audited under the Default Pod, whose id is the organization's.
 */
function auditRows(
  { scope, actor, newId, now }: Context,
  operation: string,
  changes: readonly Change[],
): readonly AuditRow[] {
  const named: readonly Partial<Change>[] = changes.length === 0 ? [{}] : changes;
  return named.map((change) => ({
    id: newId(),
    organizationId: scope.organizationId,
    podId: change.podId ?? scope.podId ?? scope.organizationId,
    inboxId: change.inboxId === undefined ? scope.inboxId : change.inboxId,
    actor: actor.name,
    keyId: actor.keyId,
    operation: change.operation ?? operation,
    target: change.target ?? null,
    at: now,
  }));
}
