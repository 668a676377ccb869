/**
 * THE DOOR. Every way in turns its input into an operation and runs it here: permissions -> the input's own check -> target
 * found inside the actor's scope -> transaction under row-level security -> run -> audit -> events and jobs, all in one
 * commit.
 */
import type { Actor } from "./access/actor.ts";
import { unknownKey } from "./access/key-look-up.ts";
import { scopeHasMoved } from "./access/moved-store.ts";
import { scopeWasDeleted } from "./access/store.ts";
import type { Context, Targeted } from "./context.ts";
import { type FailCode, Failure, fail } from "./failures.ts";
import { createGroups, type Groups } from "./groups.ts";
import { mayAlwaysFail, type Operation, type Share, type TargetKind } from "./operation.ts";
import type { Outside, OutsideKind, OutsideRequest } from "./outside.ts";
import { lacking } from "./permission.ts";
import { RunAgain } from "./sharing.ts";
import type { At, Resolved } from "./targets.ts";
import {
  type OutsideDone,
  OutsideWanted,
  type Run,
  runTogether,
  stepsOf,
  type TransactionParts,
} from "./transaction.ts";

export interface DoorParts extends TransactionParts {
  /** Work that waits for the network; composing is done with what `lent` holds. */
  readonly outside: Omit<Outside, "compose" | "sign" | "room">;
  /** Told of a failure that the operation does not declare; tests throw here, an installation lets it pass. */
  readonly onUndeclared?: (operation: string, code: FailCode) => void;
}

export interface Door {
  /**
   * For inputs that cost much to read. @throws Failure permission.missing or scope.forbidden when the actor would be refused whatever the input
   */
  admit<Kind extends TargetKind>(
    operation: Pick<Operation<never, unknown, Kind>, "name" | "on" | "needs" | "isInternal">,
    actor: Actor,
  ): void;
  /**
   * @param room gives the caller memory for so many bytes that are to be read, until he has used them; absent: there is always some
   * @throws Failure for what the caller caused; anything else is a server error.
   */
  run<Input, Output, Kind extends TargetKind>(
    operation: Operation<Input, Output, Kind>,
    actor: Actor,
    at: At,
    input: Input,
    room?: Room,
  ): Promise<Output>;
}

/** Resolves when there is room for so many bytes. @throws Failure service.unavailable */
export type Room = (bytes: number) => Promise<void>;

/** Builds the door. One per process; it holds no state of its own but the runs that wait to share a transaction. */
export function createDoor(parts: DoorParts): Door {
  const groups = createGroups(parts);
  return {
    admit(operation, actor) {
      permit(operation, actor, ({ says }) => says === null);
      requireLevel(operation.on, actor.scope);
    },
    async run(operation, actor, at, input, room) {
      permit(operation, actor, ({ isNeededBy }) => isNeededBy(input));
      const act = operation.prepare(input, { installation: parts.lent.installation, actor });
      try {
        const [acrossPods, share] = [operation.acrossPods(input), operation.shareOf(input)];
        return await runWithOutside(parts, groups, { operation, acrossPods, share, act, actor, at, room });
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

/** Every permission that is needed; the first one missing is said. */
function permit<Input>(
  { name, needs, isInternal }: Pick<Operation<Input, unknown>, "name" | "needs" | "isInternal">,
  actor: Actor,
  isNeeded: (need: Operation<Input, unknown>["needs"][number]) => boolean,
): void {
  if (isInternal && actor.keyId !== null)
    throw new Error(`a key was let into ${name}, which is the system's`);
  const missing = needs.find((need) => !actor.may(need.permission) && isNeeded(need));
  if (missing !== undefined) throw lacking(actor, missing.permission, missing.says);
}

/** An operation with its checked input, on its way through the door. */
interface Passing<Output, Kind extends TargetKind> {
  readonly operation: Pick<
    Operation<never, Output, Kind>,
    "name" | "on" | "kind" | "isLong" | "runsWhileMoving"
  >;
  readonly acrossPods: boolean;
  /** Null: it shares no transaction. */
  readonly share: Share | null;
  readonly act: (context: Targeted<Kind>) => Promise<Output>;
  readonly actor: Actor;
  readonly at: At;
  readonly room: Room | undefined;
}

async function perform<Kind extends OutsideKind>(
  outside: Outside,
  request: OutsideRequest<Kind>,
): Promise<OutsideDone<Kind>> {
  return { kind: request.kind, outcome: await outside[request.kind](request) };
}

/** Steps of work outside in one operation, beside the room for what it reads: files to attach, then the mail that holds them. */
const MAX_OUTSIDE_STEPS = 2;
/** Runs of one operation: with its steps outside, and with those that another of its kind came before. */
const MAX_RUNS = 8;

async function runWithOutside<Output, Kind extends TargetKind>(
  parts: DoorParts,
  groups: Groups,
  { act, share, room, ...passing }: Passing<Output, Kind>,
): Promise<Output> {
  const { mimeCodec } = parts.lent;
  const outside: Outside = {
    ...parts.outside,
    compose: async ({ mail }) => ({ mail, written: await mimeCodec.compose(mail) }),
    sign: ({ raw, signers, at }) => mimeCodec.sign(raw, signers, at),
    room: async ({ bytes }) => {
      await room?.(bytes);
      return null;
    },
  };
  const done: OutsideDone[] = [];
  for (let times = 0; times < MAX_RUNS; times++) {
    const run: Run = {
      ...passing,
      done,
      refusalWrites: [],
      act: (context, resolved) => act(bindTargets(passing.operation.on, context, resolved)),
    };
    try {
      // Cast: what a run gives is what `act` did.
      return (await runOnce(parts, groups, run, times === 0 ? share : null)) as Output;
    } catch (error) {
      if (error instanceof Failure) await writeRefusal(parts, run);
      if (error instanceof RunAgain) continue;
      if (!(error instanceof OutsideWanted)) throw error;
      const { request } = error;
      if (request.kind !== "room" && stepsOf(done).length >= MAX_OUTSIDE_STEPS)
        throw new Error(`${run.operation.name} needs more than ${MAX_OUTSIDE_STEPS} steps of outside work`);
      done.push(await perform(outside, request));
    }
  }
  throw new Error(`${passing.operation.name} found somebody else before it ${MAX_RUNS} times`);
}

/** @throws what refused or ended it */
async function runOnce(parts: DoorParts, groups: Groups, run: Run, share: Share | null): Promise<unknown> {
  const [outcome] = share === null ? await runTogether(parts, [run]) : [await groups(run, share)];
  if (outcome === undefined) throw new Error("a run has no outcome");
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

async function writeRefusal({ database }: DoorParts, { actor, refusalWrites }: Run): Promise<void> {
  if (refusalWrites.length === 0) return;
  await database.transaction(actor.scope, (tx) => Promise.all(refusalWrites.map((write) => write(tx))));
}

const movedMeanwhile = () =>
  fail("object.conflict", {
    message: "The inbox was moved to another pod at this moment",
    hint: "Try again: its keys went along.",
  });

function bindTargets<Kind extends TargetKind>(
  kind: Kind,
  context: Context,
  { pod, inbox }: Resolved,
): Targeted<Kind> {
  if (kind === "inbox" && inbox === null) throw new Error("an inbox operation was run without an inbox");
  if (kind === "pod" && pod === null) throw new Error("a pod operation was run without a pod");
  if (kind === "organization" && (pod !== null || inbox !== null))
    throw new Error("an operation of the organization was run on a part of it");
  requireLevel(kind, context.scope);
  // Cast: the first two checks are what the conditional type states.
  return { ...context, pod, inbox } as Targeted<Kind>;
}

/** @throws Failure scope.forbidden for the key of a part, in what is the organization's */
function requireLevel(kind: TargetKind, { level }: Pick<Actor["scope"], "level">): void {
  if (kind === "organization" && level !== "organization")
    throw fail("scope.forbidden", { message: "Forbidden", hint: "Use a key of the organization." });
}
