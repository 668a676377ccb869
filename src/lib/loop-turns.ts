/**
 * Turns of the event loop, by tenant: one piece of work of each begins in one of them, and of a tenant that asks for much only at
 * its pace while others are there (`loop-pace.ts`). What a tenant asks at once then takes the loop from the others for one piece at a
 * time, and none of its speed while nobody else is there: a loop that has work does not wait between its turns.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type LoopPace, PacedLoop, type Piece, type PieceKind } from "./loop-pace.ts";
import { Turns } from "./turns.ts";

/** Ends a piece of work. Resolves in a turn of the loop in which the next one may begin: before work of the same tenant that has not begun. */
export type Pause = () => Promise<void>;

/** Runs `make` in a turn of the event loop that its tenant has, as work of that tenant. */
export type InTurn = <Result>(make: () => Promise<Result>) => Promise<Result>;

export interface LoopTurns {
  /**
   * Runs `work` in a turn of the loop in which a piece of the tenant's work may begin. What the process does meanwhile counts as its tenant's.
   * @param work what takes long does it in pieces, with a pause between two of them
   * @throws LoopTurnsFull when as many of the tenant wait as may, and as `work` does
   */
  during<Result>(tenant: string, work: (pause: Pause) => Promise<Result>): Promise<Result>;
  /** The work that the code which asks is a part of; undefined outside of `during`. */
  current(): Work | undefined;
  /**
   * The code that follows in this turn of the loop is a part of this work, or of nobody's, until another is named: to be called where the loop comes back to it,
   * as with an answer of the database.
   */
  resume(work: Work | null): void;
  /** Whether the work's tenant is ahead of its pace, so that what is left of the work yields. */
  isAhead(work: Work): boolean;
  /** Whether it is, and work of a tenant that keeps its pace is under way. */
  yields(work: Work): boolean;
  /** Counts time of something else that the tenant's work held while others may have waited for it, milliseconds. */
  charge(tenant: string, ms: number): void;
  /**
   * A connection came in. Node takes one of each listener in a turn of the loop, so that there may be others behind it, whose peers would wait for as many
   * pieces of work as there are: no piece begins in this turn, or in those behind it for 2 ms.
   */
  arrived(): void;
  /** The collector stopped the loop, whoever's garbage it was: that time is nobody's. @param fromMs by the clock of the parts */
  collected(fromMs: number, ms: number): void;
  /** Whether another tenant had something to do of late. */
  hasOthers(tenant: string): boolean;
  /** The same of the tenant of the work that the code which asks is a part of; true outside of `during`. */
  isShared(): boolean;
}

/** As many pieces of the tenant's work wait as may. */
export class LoopTurnsFull extends Error {
  override readonly name = "LoopTurnsFull";
}

export interface LoopTurnsParts {
  /** Pieces of one tenant's work that may wait. */
  readonly maxWaiting: number;
  /** A clock that is not set back. */
  readonly monotonicMs: () => number;
  /** CPU time of the process so far, milliseconds. */
  readonly busyMs: () => number;
  /** Pieces that a tenant which is ahead of its pace may have under way. */
  readonly maxAheadPieces: number;
}

/** What `during` runs. */
export interface Work {
  /** The one that is under way, or was last. */
  piece: Piece;
}

interface Waiting {
  readonly kind: PieceKind;
  readonly begin: (piece: Piece) => void;
}

/** Milliseconds between two looks at whether somebody may begin who is ahead of its pace: well below a piece's own time. */
const LOOK_MS = 1;
/**
 * Milliseconds that connections have to themselves, in turns in a row: as long as an ordinary piece of work, and enough to accept some sixteen. Not a count of turns:
 * what came with the connections may make each of them long, and pieces would wait for all of that.
 */
const ARRIVALS_MS = 2;

export function createLoopTurns(parts: LoopTurnsParts): LoopTurns {
  const queue = new PieceQueue(parts);
  const works = new AsyncLocalStorage<Work>();
  const resume: LoopTurns["resume"] = (work) => queue.resume(work?.piece ?? null);
  const { pace } = queue;
  return {
    async during(tenant, act) {
      const work: Work = { piece: await queue.begin(tenant, "first") };
      const pause: Pause = async () => {
        pace.end(work.piece);
        work.piece = await queue.begin(tenant, "next");
        // Others may have begun in the same turn.
        resume(work);
      };
      resume(work);
      try {
        return await works.run(work, act, pause);
      } finally {
        pace.end(work.piece);
      }
    },
    current: () => works.getStore(),
    resume,
    isAhead: ({ piece }) => pace.isAhead(piece),
    yields: ({ piece }) => pace.yields(piece),
    charge: (tenant, ms) => pace.charge(tenant, ms),
    arrived: () => queue.arrived(),
    collected: (fromMs, ms) => pace.collected(fromMs, ms),
    hasOthers: (tenant) => pace.hasOthers(tenant),
    isShared() {
      const work = works.getStore();
      return work === undefined || pace.isShared(work.piece);
    },
  };
}

/** Has pieces begin, one of each tenant in a turn of the loop. */
class PieceQueue {
  readonly pace: LoopPace;
  readonly #maxWaiting: number;
  readonly #monotonicMs: () => number;
  readonly #waiting = new Turns<Waiting>();
  /** Tenants of which one has begun in this turn. */
  readonly #begun = new Set<string>();
  #isTurnWatched = false;
  #isLookDue = false;
  /** A connection came in, in this turn; and since when nothing begins because one had. */
  #hasArrived = false;
  #arrivalsSince: number | null = null;

  constructor({ maxWaiting, ...parts }: LoopTurnsParts) {
    this.#maxWaiting = maxWaiting;
    this.#monotonicMs = parts.monotonicMs;
    this.pace = new PacedLoop({ ...parts, waiting: () => this.#waiting.tenants });
  }

  /** @throws LoopTurnsFull */
  begin(tenant: string, kind: PieceKind): Piece | Promise<Piece> {
    const count = this.#waiting.countOf(tenant);
    const piece = count === 0 ? this.#tryBegin(tenant, kind) : null;
    if (piece !== null) return piece;
    const isNext = kind === "next";
    if (!isNext && count >= this.#maxWaiting)
      throw new LoopTurnsFull("too much work of the same tenant is waiting");
    this.#watchTurn();
    return new Promise((resolve) => {
      const waiting = { kind, begin: resolve };
      // What has begun comes first: twenty long answers written side by side all lie in memory, and are all sent in the same turns.
      if (isNext) this.#waiting.addFirst(tenant, waiting);
      else this.#waiting.add(tenant, waiting);
    });
  }

  arrived(): void {
    this.#hasArrived = true;
    this.#arrivalsSince ??= this.#monotonicMs();
    this.#watchTurn();
  }

  /** Whether this turn is that of connections. */
  get #isArrivals(): boolean {
    return (
      this.#hasArrived &&
      this.#arrivalsSince !== null &&
      this.#monotonicMs() - this.#arrivalsSince < ARRIVALS_MS
    );
  }

  resume(piece: Piece | null): void {
    this.pace.resume(piece);
    if (piece !== null) this.#watchTurn();
  }

  #watchTurn(): void {
    if (this.#isTurnWatched) return;
    this.#isTurnWatched = true;
    // Behind all that sockets brought in this turn, and before the loop waits for more.
    setImmediate(() => {
      this.#isTurnWatched = false;
      this.pace.resume(null);
      this.#begun.clear();
      this.#endTurn();
    });
  }

  #endTurn(): void {
    const isArrivals = this.#isArrivals;
    if (!isArrivals) this.#arrivalsSince = null;
    this.#hasArrived = false;
    if (!isArrivals) this.#beginNext();
    else if (!this.#waiting.isEmpty) this.#watchTurn();
  }

  #beginNext(): void {
    if (this.#waiting.isEmpty) return;
    const next = this.#waiting.take(({ kind, begin }, tenant) => {
      const piece = this.#tryBegin(tenant, kind);
      if (piece !== null) begin(piece);
      return piece !== null;
    });
    if (next.length > 0 || this.#isLookDue) return;
    this.#isLookDue = true;
    setTimeout(() => {
      this.#isLookDue = false;
      this.#beginNext();
    }, LOOK_MS);
  }

  #tryBegin(tenant: string, kind: PieceKind): Piece | null {
    if (this.#isArrivals || this.#begun.has(tenant) || !this.pace.mayBegin(tenant)) return null;
    this.#begun.add(tenant);
    this.#watchTurn();
    return this.pace.begin(tenant, kind);
  }
}
