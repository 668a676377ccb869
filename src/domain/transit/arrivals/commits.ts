/**
 * Commits mail in groups that wait for nobody. What a group leaves out, because another transaction has locked a row that it
 * needs, waits beside the groups: first in one of its own, as with mail that two processes receive for one inbox; then
 * alone, as when the other process was stopped in the middle of a commit. See docs/decisions/0025-locked-rows.md.
 */
import pLimit from "p-limit";
import type { Clock } from "../../../lib/clock.ts";
import { Counter } from "../../../lib/counter.ts";
import { createGrouping, type GroupBounds } from "../../../lib/grouping.ts";
import type { LoopTurns } from "../../../lib/loop-turns.ts";
import { fail } from "../../door/failures.ts";
import { MAX_INGEST_GROUP, MAX_SHARED_COPIES } from "../../limits.ts";
import type { Arrival } from "./arrival.ts";
import type { Ingested, OnLocked } from "./ingest.ts";
import { MAX_LOCKED_MAILS } from "./limits.ts";
import type { IncomingMail } from "./receiver.ts";
import { isLockTimeout } from "./store.ts";

/** Null when it was left out because of a lock. */
type Outcome = Ingested | null;

export interface CommitParts {
  /** Stores these in one transaction. @throws isLockTimeout when it waited too long for a lock */
  readonly store: (arrivals: readonly Arrival[], onLocked: OnLocked) => Promise<readonly Outcome[]>;
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
  const { store, clock, lockWaitMs } = parts;
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
  const waitForLock = async (arrival: Arrival): Promise<Ingested> => {
    const end = clock.now().getTime() + lockWaitMs;
    for (const id of inboxesOf(arrival)) locked.add(id);
    try {
      while (clock.now().getTime() < end) {
        const outcome = await again(() => attempt(arrival));
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

const inboxesOf = ({ mail }: Arrival): readonly string[] => mail.recipients.map(({ inbox }) => inbox.id);

const rowsAreLocked = () =>
  fail("service.unavailable", {
    message: "The mailbox is locked",
    hint: "Try again in a few seconds.",
    logDetail: "another transaction holds a row that the mail needs",
  });
