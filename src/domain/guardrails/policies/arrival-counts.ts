/** What arriving mail may still be added to inboxes, where their limits bound that. Nothing is asked or written for others. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope, InboxTarget } from "../../door/access/index.ts";
import type { Failure } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import {
  type ArrivalCount,
  addReceived,
  addStoredBytes,
  type CountedArrivals,
  dayOf,
  findArrivalCounts,
  startOf,
  sumStoredBytes,
} from "./arrival-store.ts";
import { limitReached, storageReached } from "./refusals.ts";

/** An inbox that mail is for, with its limits. */
export interface LimitedInbox {
  readonly inbox: InboxTarget;
  readonly limits: MailLimits;
}

const isCounted = ({ limits }: LimitedInbox): boolean =>
  Number.isFinite(limits.receivedPerDay) || Number.isFinite(limits.storageBytes);

/** Why one more message cannot be taken; null: it can. @param bytes its size; 1 when it is not known yet */
export function refusalOfArrival(
  limits: MailLimits,
  { day, received, storedBytes }: ArrivalCount,
  bytes: number,
): Failure | null {
  const { receivedPerDay, storageBytes } = limits;
  if (received >= receivedPerDay) {
    const resetAt = receivedPerDay > 0 ? startOf(day + 1) : null;
    return limitReached("receivedPerDay", receivedPerDay, { used: received, resetAt });
  }
  const stored = storedBytes ?? 0;
  return stored + bytes > storageBytes ? storageReached(storageBytes, stored) : null;
}

/**
 * Asks whether inboxes may take mail now, before there is any: what arrives meanwhile is judged by `countArrivals`.
 * @returns for each a failure limit.reached or storage.reached, or null
 */
export async function refusalsNow(
  tx: Tx,
  scope: AnyScope,
  asked: readonly LimitedInbox[],
  now: Date,
): Promise<readonly (Failure | null)[]> {
  const counted = asked.filter(isCounted);
  if (counted.length === 0) return asked.map(() => null);
  const inboxes = distinct(counted).map(({ inbox }) => inbox);
  const counts = await findArrivalCounts(tx, scope, inboxes, dayOf(now));
  return asked.map(({ inbox, limits }) => {
    const count = counts.get(inbox.id);
    return count === undefined ? null : refusalOfArrival(limits, count, 1);
  });
}

const distinct = (asked: readonly LimitedInbox[]): LimitedInbox[] => [
  ...new Map(asked.map((one) => [one.inbox.id, one])).values(),
];

interface State extends ArrivalCount {
  readonly summedBytes: number | null;
  readonly storedBytes: number;
}

/** The counts of the inboxes of a group of mail, whose inboxes are locked. */
export class ArrivalCounts {
  readonly #states: Map<string, State>;
  /** Inboxes that refused a mail. */
  readonly #refusing = new Map<string, LimitedInbox>();

  constructor(states: Map<string, State>) {
    this.#states = states;
  }

  /**
   * Takes one mail into inboxes, all or none: what it takes, the next does not have. @param bytes its size
   * @returns null; or the inbox that refuses it, and why
   */
  take(
    copies: readonly LimitedInbox[],
    bytes: number,
  ): { readonly inboxId: string; readonly failure: Failure } | null {
    if (this.#states.size === 0) return null;
    for (const { inbox, limits } of copies) {
      const state = this.#states.get(inbox.id);
      const failure = state === undefined ? null : refusalOfArrival(limits, state, bytes);
      if (failure === null) continue;
      this.#refusing.set(inbox.id, { inbox, limits });
      return { inboxId: inbox.id, failure };
    }
    for (const { inbox } of copies) {
      const state = this.#states.get(inbox.id);
      if (state !== undefined)
        this.#states.set(inbox.id, {
          ...state,
          received: state.received + 1,
          storedBytes: state.storedBytes + bytes,
        });
    }
    return null;
  }

  /**
   * Writes what was stored, which may be less than was taken; and what inboxes that refuse were found to hold, or a full one whose limits
   * changed would be summed at every mail, and pass for healthy. Started, not awaited: register it with beforeCommit.
   */
  async save(
    tx: Tx,
    scope: AnyScope,
    stored: readonly (LimitedInbox & { readonly bytes: number })[],
  ): Promise<void> {
    if (this.#states.size === 0) return;
    const added = [...Map.groupBy(stored, ({ inbox }) => inbox.id).values()].flatMap((own) => {
      const [first] = own;
      const state = first === undefined ? undefined : this.#states.get(first.inbox.id);
      if (first === undefined || state === undefined) return [];
      const bytes = own.reduce((sum, copy) => sum + copy.bytes, 0);
      const { inbox, limits } = first;
      const { day, summedBytes } = state;
      return [{ limits, counted: { inbox, day, summedBytes, received: own.length, bytes } }];
    });
    const summed = [...this.#refusing.values()].flatMap(({ inbox, limits }) => {
      const state = this.#states.get(inbox.id);
      if (state === undefined || state.summedBytes === null || !Number.isFinite(limits.storageBytes))
        return [];
      if (added.some(({ counted }) => counted.inbox.id === inbox.id)) return [];
      return [{ inbox, day: state.day, summedBytes: state.summedBytes, received: 0, bytes: 0 }];
    });
    const where = (has: (limits: MailLimits) => number): CountedArrivals[] =>
      added.filter(({ limits }) => Number.isFinite(has(limits))).map(({ counted }) => counted);
    await Promise.all([
      addReceived(
        tx,
        scope,
        where(({ receivedPerDay }) => receivedPerDay),
      ),
      addStoredBytes(tx, scope, [...where(({ storageBytes }) => storageBytes), ...summed]),
    ]);
  }
}

const nothingCounted = new ArrivalCounts(new Map());

/** Reads the counts of locked inboxes; sums what they hold where that is not counted yet. */
export async function countArrivals(
  tx: Tx,
  scope: AnyScope,
  asked: readonly LimitedInbox[],
  now: Date,
): Promise<ArrivalCounts> {
  const counted = distinct(asked.filter(isCounted));
  if (counted.length === 0) return nothingCounted;
  const inboxes = counted.map(({ inbox }) => inbox);
  const counts = await findArrivalCounts(tx, scope, inboxes, dayOf(now));
  const unsummed = counted
    .filter(
      ({ inbox, limits }) =>
        Number.isFinite(limits.storageBytes) && counts.get(inbox.id)?.storedBytes === null,
    )
    .map(({ inbox }) => inbox);
  const sums = await sumStoredBytes(tx, scope, unsummed);
  const isUnsummed = new Set(unsummed.map(({ id }) => id));
  return new ArrivalCounts(
    new Map(
      [...counts].map(([id, count]) => {
        const summedBytes = isUnsummed.has(id) ? (sums.get(id) ?? 0) : null;
        return [id, { ...count, summedBytes, storedBytes: count.storedBytes ?? summedBytes ?? 0 }];
      }),
    ),
  );
}
