/**
 * Commits mail in groups that wait for nobody. What a group leaves out, because another transaction has locked a row that it
 * needs, waits beside the groups: first in one of its own, as with mail that two processes receive for one inbox; then
 * alone, as when the other process was stopped in the middle of a commit; then with what waits for the same inboxes. See
 * docs/decisions/0025-locked-rows.md.
 */
import pLimit from "p-limit";
import type { Clock } from "../../../lib/clock.ts";
import { Counter } from "../../../lib/counter.ts";
import { createGrouping, type GroupBounds, type Grouping } from "../../../lib/grouping.ts";
import type { LoopTurns } from "../../../lib/loop-turns.ts";
import { fail } from "../../door/failures.ts";
import { MAX_INGEST_GROUP, MAX_SHARED_COPIES } from "../../limits.ts";
import type { Arrival } from "./arrival.ts";
import type { Ingested, OnLocked } from "./ingest.ts";
import { INGEST_LOCK_TIMEOUT_MS, MAX_LOCKED_MAILS, MOST_INGEST_LOCK_TIMEOUT_MS } from "./limits.ts";
import type { IncomingMail } from "./receiver.ts";
import { isLockTimeout } from "./store.ts";

/** Null when it was left out because of a lock. */
type Outcome = Ingested | null;

export interface CommitParts {
  /** Stores these in one transaction. @throws isLockTimeout when it waited for a lock for more than `lockMs` milliseconds */
  readonly store: (
    arrivals: readonly Arrival[],
    onLocked: OnLocked,
    lockMs: number,
  ) => Promise<readonly Outcome[]>;
  readonly clock: Clock;
  /** Milliseconds that a mail whose rows are locked is tried again. */
  readonly lockWaitMs: number;
  /** Bytes of mail committed together. */
  readonly maxGroupBytes: number;
  /** Tells whether other tenants are there, and of what each had of a group. */
  readonly turns: Pick<LoopTurns, "charge" | "hasOthers">;
}

export interface Commits {
  /** Commits it in a group. @throws Failure service.unavailable when its rows stay locked */
  inGroup(arrival: Arrival): Promise<Ingested>;
  /** Commits it in a transaction of its own. @throws as above */
  alone(arrival: Arrival): Promise<Ingested>;
}

const boundsOf = ({ maxGroupBytes, turns }: CommitParts): GroupBounds<Arrival> => ({
  maxRows: MAX_INGEST_GROUP,
  maxBytes: maxGroupBytes,
  // Each copy has its own text.
  sizeOf: ({ mail: { recipients }, raw }) => ({
    rows: recipients.length,
    bytes: recipients.length * raw.byteLength,
  }),
  tenantOf: ({ mail }) => tenantOf(mail),
  maxRowsOf: (tenant) => (turns.hasOthers(tenant) ? MAX_SHARED_COPIES : MAX_INGEST_GROUP),
  onDone(rows, ms) {
    const all = [...rows.values()].reduce((sum, own) => sum + own, 0);
    // What a mail or two take is the group's own time, of which everybody has a part.
    for (const [tenant, own] of rows) turns.charge(tenant, (ms * own) / Math.max(all, MAX_SHARED_COPIES));
  },
});

/** The sender's pod, of mail sent here; of other mail for several pods, one of them. */
export const tenantOf = ({ sent, recipients }: IncomingMail): string =>
  sent?.podId ?? recipients[0]?.inbox.podId ?? "";

export function createCommits(parts: CommitParts): Commits {
  const { clock, lockWaitMs } = parts;
  const store = withLockTimes(parts);
  const trying =
    (onLocked: OnLocked) =>
    async (arrivals: readonly Arrival[]): Promise<readonly Outcome[]> => {
      try {
        return await store(arrivals, onLocked);
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        return arrivals.map(() => null);
      }
    };
  const bounds = boundsOf(parts);
  const groups = createGrouping(trying("leave out"), bounds);
  const waitingGroups = createGrouping(trying("wait"), bounds);
  const attempt = async (arrival: Arrival): Promise<Outcome> => (await trying("wait")([arrival]))[0] ?? null;
  // Inboxes of the mails that found their rows locked when they were tried alone: further mail for these would make a group wait.
  const locked = new Counter();
  const isLocked = (arrival: Arrival): boolean => inboxesOf(arrival).some((id) => locked.of(id) > 0);
  // Mail that was not tried alone yet has places of its own: it may have been left out for a neighbour's lock.
  const [first, again] = [pLimit(MAX_LOCKED_MAILS), pLimit(MAX_LOCKED_MAILS)];
  const tryAlone = (arrival: Arrival): Promise<Outcome> =>
    first(async () => (isLocked(arrival) ? null : attempt(arrival)));
  const lanes = createLanes((arrivals) => again(() => trying("wait")(arrivals)), bounds);
  const waitForLock = async (arrival: Arrival): Promise<Ingested> => {
    const end = clock.monotonicMs() + lockWaitMs;
    for (const id of inboxesOf(arrival)) locked.add(id);
    try {
      while (clock.monotonicMs() < end) {
        const outcome = await lanes.add(arrival);
        if (outcome !== null) return outcome;
      }
      throw rowsAreLocked();
    } finally {
      for (const id of inboxesOf(arrival)) locked.remove(id);
    }
  };

  return {
    async inGroup(arrival) {
      const outcome = isLocked(arrival)
        ? null
        : ((await groups.add(arrival)) ?? (await waitingGroups.add(arrival)) ?? (await tryAlone(arrival)));
      return outcome ?? waitForLock(arrival);
    },
    alone: async (arrival) => (await attempt(arrival)) ?? waitForLock(arrival),
  };
}

/** How much longer than a group takes others wait for its locks. */
const LOCK_WAIT_IN_GROUPS = 4;
/** Part of the average that the newest group is. */
const NEWEST = 1 / 4;

/**
 * Gives `store` how long it may wait for a lock. A lock is held for as long as a commit takes: on a disk that takes longer for one than the usual
 * bound, each mail would give up for the commit before it, and none would be stored.
 */
function withLockTimes({
  store,
  clock,
}: CommitParts): (arrivals: readonly Arrival[], onLocked: OnLocked) => Promise<readonly Outcome[]> {
  let averageMs = 0;
  return async (arrivals, onLocked) => {
    const lockMs = Math.max(
      INGEST_LOCK_TIMEOUT_MS,
      Math.min(Math.round(LOCK_WAIT_IN_GROUPS * averageMs), MOST_INGEST_LOCK_TIMEOUT_MS),
    );
    const began = clock.monotonicMs();
    const outcomes = await store(arrivals, onLocked, lockMs);
    // Of those that wait for nobody: what others take is mostly waiting.
    if (onLocked === "leave out") averageMs += NEWEST * (clock.monotonicMs() - began - averageMs);
    return outcomes;
  };
}

/** Groups of the mails for the same inboxes: what waits for one lock is stored together when it is free. */
function createLanes(
  work: (arrivals: readonly Arrival[]) => Promise<readonly Outcome[]>,
  bounds: GroupBounds<Arrival>,
): Grouping<Arrival, Outcome> {
  const lanes = new Map<string, Grouping<Arrival, Outcome>>();
  const under = new Counter();
  return {
    async add(arrival) {
      const key = inboxesOf(arrival).toSorted().join();
      const lane = lanes.get(key) ?? createGrouping(work, bounds);
      lanes.set(key, lane);
      under.add(key);
      try {
        return await lane.add(arrival);
      } finally {
        under.remove(key);
        if (under.of(key) === 0) lanes.delete(key);
      }
    },
  };
}

const inboxesOf = ({ mail }: Arrival): readonly string[] => mail.recipients.map(({ inbox }) => inbox.id);

const rowsAreLocked = () =>
  fail("service.unavailable", {
    message: "The mailbox is locked",
    hint: "Try again in a few seconds.",
    logDetail: "another transaction holds a row that the mail needs",
  });
