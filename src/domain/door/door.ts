/**
 * THE DOOR. Every way in turns its input into an operation and runs it here: permissions -> the input's own check -> target
 * found inside the actor's scope -> transaction under row-level security -> run -> audit -> events and jobs, all in one
 * commit.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Database, Tx } from "../../storage/db.ts";
import type { Job } from "../../storage/jobs.ts";
import { LONG_STATEMENT_MS } from "../limits.ts";
import type { Actor } from "./access/actor.ts";
import { KEY_CHANNEL } from "./access/authenticate.ts";
import { unknownKey } from "./access/key-look-up.ts";
import { scopeHasMoved } from "./access/moved-store.ts";
import {
  findInboxTargetById,
  type InboxTarget,
  insertAudit,
  insertEvents,
  scopeWasDeleted,
} from "./access/store.ts";
import type { Change, Context, Lent, Targeted } from "./context.ts";
import type { NewEvent } from "./events.ts";
import { type FailCode, Failure, fail } from "./failures.ts";
import { mayAlwaysFail, type Operation, type TargetKind } from "./operation.ts";
import type { Outside, OutsideKind, OutsideOutcome, OutsideRequest } from "./outside.ts";
import { refuseSuspended, rethrowUnlessSuspended } from "./suspended.ts";
import { type At, type Resolved, resolve, resolveAcrossPods } from "./targets.ts";

export interface DoorParts {
  readonly database: Database;
  readonly clock: Clock;
  /** Work that waits for the network; composing is done with what `lent` holds. */
  readonly outside: Omit<Outside, "compose" | "sign">;
  /** Has this process look a key (null: every key) up anew. */
  readonly forgetKey: (keyId: string | null) => void;
  readonly lent: Lent;
  /** Told of a failure that the operation does not declare; tests throw here, an installation lets it pass. */
  readonly onUndeclared?: (operation: string, code: FailCode) => void;
}

export interface Door {
  /** @throws Failure for what the caller caused; anything else is a server error. */
  run<Input, Output, Kind extends TargetKind>(
    operation: Operation<Input, Output, Kind>,
    actor: Actor,
    at: At,
    input: Input,
  ): Promise<Output>;
}

/** Builds the door. One per process; it holds no state of its own. */
export function createDoor(parts: DoorParts): Door {
  return {
    async run(operation, actor, at, input) {
      permit(operation, actor, input);
      const act = operation.prepare(input, { installation: parts.lent.installation, actor });
      try {
        const acrossPods = operation.acrossPods(input);
        return await runWithOutside(parts, { operation, acrossPods, act, actor, at });
      } catch (error) {
        if (error instanceof Failure && !isDeclared(operation, error.code))
          parts.onUndeclared?.(operation.name, error.code);
        if (
          error instanceof Failure &&
          error.code === "inbox.not_found" &&
          (await scopeHasMoved(parts.database, actor.scope))
        ) {
          parts.forgetKey(actor.keyId);
          throw movedMeanwhile();
        }
        // The pod or inbox of the key was deleted while it was used, and the key with it.
        throw (await scopeWasDeleted(error, parts.database, actor.scope)) ? unknownKey() : error;
      }
    },
  };
}

const isDeclared = (
  { fails, isInternal }: { fails: readonly FailCode[]; isInternal: boolean },
  code: FailCode,
) => isInternal || mayAlwaysFail.has(code) || fails.includes(code);

/** Every permission that this input needs; the first one missing is said. */
function permit<Input>(
  { name, needs, isInternal }: Pick<Operation<Input, unknown>, "name" | "needs" | "isInternal">,
  actor: Actor,
  input: Input,
): void {
  if (isInternal && actor.keyId !== null)
    throw new Error(`a key was let into ${name}, which is the system's`);
  const missing = needs.find(({ permission, isNeededBy }) => !actor.may(permission) && isNeededBy(input));
  if (missing === undefined) return;
  const { permission, says } = missing;
  throw fail("permission.missing", {
    message: says === null ? "Forbidden" : `${permission} is forbidden`,
    hint: actor.isUnverified
      ? `${permission} is not to be had before the organization is verified, with the code that its human was mailed.`
      : `Use a key that holds the ${permission} permission${says === null ? "" : `: it is needed ${says}`}.`,
    logDetail: `key ${actor.keyId ?? actor.name} lacks ${permission}`,
  });
}

/** An operation with its checked input, on its way through the door. */
interface Run<Output, Kind extends TargetKind> {
  readonly operation: Pick<
    Operation<never, Output, Kind>,
    "name" | "on" | "kind" | "isLong" | "runsWhileMoving"
  >;
  readonly acrossPods: boolean;
  readonly act: (context: Targeted<Kind>) => Promise<Output>;
  readonly actor: Actor;
  readonly at: At;
}

/** Ends a run that wants work outside. Only the door throws and catches it. */
class OutsideWanted extends Error {
  readonly request: OutsideRequest<OutsideKind>;
  constructor(request: OutsideRequest<OutsideKind>) {
    super("work outside is done between two transactions");
    this.request = request;
  }
}

/** Work that was done, with what came of it. */
interface OutsideDone<Kind extends OutsideKind = OutsideKind> {
  readonly kind: Kind;
  readonly outcome: OutsideOutcome<Kind>;
}

async function perform<Kind extends OutsideKind>(
  outside: Outside,
  request: OutsideRequest<Kind>,
): Promise<OutsideDone<Kind>> {
  return { kind: request.kind, outcome: await outside[request.kind](request) };
}

/** Steps of work outside in one operation: files to attach, then the mail that holds them. */
const MAX_OUTSIDE_STEPS = 2;

async function runWithOutside<Output, Kind extends TargetKind>(
  parts: DoorParts,
  run: Run<Output, Kind>,
): Promise<Output> {
  const { mimeCodec } = parts.lent;
  const outside: Outside = {
    ...parts.outside,
    compose: async ({ mail }) => ({ mail, written: await mimeCodec.compose(mail) }),
    sign: ({ raw, signers, at }) => mimeCodec.sign(raw, signers, at),
  };
  const done: OutsideDone[] = [];
  for (;;) {
    const refusalWrites: RefusalWrite[] = [];
    try {
      return await runOnce(parts, run, done, refusalWrites);
    } catch (error) {
      if (error instanceof Failure) await writeRefusal(parts, run.actor, refusalWrites);
      if (!(error instanceof OutsideWanted)) throw error;
      if (done.length >= MAX_OUTSIDE_STEPS)
        throw new Error(`${run.operation.name} needs more than ${MAX_OUTSIDE_STEPS} steps of outside work`);
      done.push(await perform(outside, error.request));
    }
  }
}

/** What outlives a refusal, in the scope of its context. */
type RefusalWrite = (tx: Tx) => Promise<unknown>;

async function writeRefusal(
  { database }: DoorParts,
  { scope }: Actor,
  writes: readonly RefusalWrite[],
): Promise<void> {
  if (writes.length === 0) return;
  await database.transaction(scope, (tx) => Promise.all(writes.map((write) => write(tx))));
}

/** What a run leaves to be written after it. */
interface Effects {
  readonly events: NewEvent[];
  readonly jobs: Job[];
  readonly changes: Change[];
  readonly changedKeys: (string | null)[];
}

/** One transaction. @param done the work outside that earlier ones wanted, in its order @param refusalWrites gets what outlives a refusal */
async function runOnce<Output, Kind extends TargetKind>(
  parts: DoorParts,
  { operation, acrossPods, act, actor, at }: Run<Output, Kind>,
  done: readonly OutsideDone[],
  refusalWrites: RefusalWrite[],
): Promise<Output> {
  const options = {
    isRepeatable: operation.kind !== "write",
    // What it reads is where its target was found: an inbox that moves meanwhile must not look empty, or absent.
    seesOneMoment: operation.kind === "read",
    ...(operation.isLong && { statementMs: LONG_STATEMENT_MS }),
  };
  const attempt = async (tx: Tx) => {
    const resolved = await (acrossPods ? resolveAcrossPods : resolve)(tx, actor, at).catch(
      (error: unknown) =>
        error instanceof Failure ? rethrowUnlessSuspended(tx, actor, error) : Promise.reject(error),
    );
    const effects: Effects = { events: [], jobs: [], changes: [], changedKeys: [] };
    // An attempt that is run again begins anew.
    refusalWrites.length = 0;
    const context = contextOf(parts, { tx, actor, resolved, effects, done, refusalWrites });
    const bound = async (): Promise<Output> => act(bindTargets(operation.on, context, resolved));
    refuseSuspended(tx, actor, resolved);
    if (!operation.runsWhileMoving) refuseMoving(tx, actor, resolved);
    // The narrowing was sent before anything that runs; if it failed, so do all later statements.
    const [result] = await Promise.all([bound(), resolved.narrowed]);
    if (operation.kind === "write" || effects.changes.length > 0)
      audit(context, operation.name, effects.changes);
    tx.beforeCommit(insertEvents(tx, resolved.scope, effects.events), tx.enqueue(effects.jobs));
    tx.beforeCommit(...effects.changedKeys.map((keyId) => tx.notify(KEY_CHANNEL, keyId ?? "")));
    return { result, changedKeys: effects.changedKeys };
  };
  const { result, changedKeys } = await parts.database.transaction(actor.scope, attempt, options);
  for (const keyId of changedKeys) parts.forgetKey(keyId);
  return result;
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

const movedMeanwhile = () =>
  fail("object.conflict", {
    message: "The inbox was moved to another pod at this moment",
    hint: "Try again: its keys went along.",
  });

interface ContextParts {
  readonly tx: Tx;
  readonly actor: Actor;
  readonly resolved: Resolved;
  readonly effects: Effects;
  readonly done: readonly OutsideDone[];
  readonly refusalWrites: RefusalWrite[];
}

function contextOf(
  { lent, clock }: DoorParts,
  { tx, actor, resolved, effects, done, refusalWrites }: ContextParts,
): Context {
  const now = clock.now();
  const { organizationId } = resolved.scope;
  let steps = 0;
  return {
    ...lent,
    tx,
    actor,
    now,
    scope: resolved.scope,
    outside: <Kind extends OutsideKind>(request: OutsideRequest<Kind>) => {
      const step = done[steps++];
      if (step === undefined) throw new OutsideWanted(request);
      if (step.kind !== request.kind) throw new Error("a repeated run needs other outside work than before");
      // Cast: the outcome is that of a request of the same kind.
      return step.outcome as OutsideOutcome<Kind>;
    },
    emit: (event) => void effects.events.push({ ...event, id: lent.newId(), organizationId, at: now }),
    onRefusal: (write) => void refusalWrites.push((own) => write(own, resolved.scope)),
    enqueue: (job) => void effects.jobs.push(job),
    keysChanged: (keyId) => void effects.changedKeys.push(keyId),
    changed: (changes) => void effects.changes.push(...changes),
    target: (name) => void effects.changes.push({ target: name }),
  };
}

function bindTargets<Kind extends TargetKind>(
  kind: Kind,
  context: Context,
  { pod, inbox }: Resolved,
): Targeted<Kind> {
  if (kind === "inbox" && inbox === null) throw new Error("an inbox operation was run without an inbox");
  if (kind === "pod" && pod === null) throw new Error("a pod operation was run without a pod");
  if (kind === "organization" && (pod !== null || inbox !== null))
    throw new Error("an operation of the organization was run on a part of it");
  if (kind === "organization" && context.scope.level !== "organization")
    throw fail("scope.forbidden", { message: "Forbidden", hint: "Use a key of the organization." });
  // Cast: the first two checks are what the conditional type states.
  return { ...context, pod, inbox } as Targeted<Kind>;
}

/**
 * One row for each object changed; one without an object for a write that names none. Changes made at organization level
 * are audited under the Default Pod, whose id is the organization's.
 */
function audit(context: Context, operation: string, changes: readonly Change[]): void {
  const { tx, scope, actor } = context;
  const named: readonly Partial<Change>[] = changes.length === 0 ? [{}] : changes;
  const rows = named.map((change) => ({
    id: context.newId(),
    organizationId: scope.organizationId,
    podId: change.podId ?? scope.podId ?? scope.organizationId,
    inboxId: change.inboxId === undefined ? scope.inboxId : change.inboxId,
    actor: actor.name,
    keyId: actor.keyId,
    operation: change.operation ?? operation,
    target: change.target ?? null,
    at: context.now,
  }));
  tx.beforeCommit(insertAudit(tx, scope, rows));
  tx.provenBy((again) => insertAudit(again, scope, rows.slice(0, 1)));
}
