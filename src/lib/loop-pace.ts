/**
 * How much of the event loop each tenant has while others have work too. A loop that one tenant keeps at work all the time makes
 * everybody wait at each of their turns, however fairly the turns alternate. So a tenant that asks for much begins at a pace that leaves
 * twice as much of the loop free as it has itself, and while nobody else has anything to do it is not held up at all. See
 * docs/decisions/0032-pace-of-the-loop.md and 0112-pace-in-bursts.md.
 */

/** Of a request, mail or webhook attempt the first piece of work, which asks the database, costs other than those in which a long answer is written. */
export type PieceKind = "first" | "next";

export interface LoopPace {
  /** Whether the tenant's next piece of work may begin now. */
  mayBegin(tenant: string): boolean;
  /** One begins, in this turn of the loop: as `resume`. */
  begin(tenant: string, kind: PieceKind): Piece;
  /** It is over, but for what it leaves to be done. */
  end(piece: Piece): void;
  /** From now on the loop works for this piece, whether it is under way or over; for nobody, or waits: null. */
  resume(piece: Piece | null): void;
  /** Whether the piece's tenant is ahead of its pace, so that what is left of the piece yields. */
  isAhead(piece: Piece): boolean;
  /** Whether it is, and work of a tenant that keeps its pace is under way. */
  yields(piece: Piece): boolean;
  /** Counts time of something else that the tenant's work held while others may have waited for it, milliseconds. */
  charge(tenant: string, ms: number): void;
  /** The collector stopped the loop, whoever's garbage it was: that time is nobody's. Told when it is over. @param fromMs by the clock of the parts */
  collected(fromMs: number, ms: number): void;
  /** Whether another tenant had something to do of late. */
  hasOthers(tenant: string): boolean;
  /** Whether another than the piece's had. */
  isShared(piece: Piece): boolean;
}

export interface LoopPaceParts {
  /** A clock that is not set back. */
  readonly monotonicMs: () => number;
  /** CPU time of the process so far, milliseconds. */
  readonly busyMs: () => number;
  /** Tenants of which pieces of work wait to begin, at this moment. */
  readonly waiting: () => number;
  /** Pieces that a tenant which is ahead of its pace may have under way: each keeps a process of PostgreSQL's at work, and these take the cores from the loop. */
  readonly maxAheadPieces: number;
}

/** Milliseconds after its last piece of work in which a tenant counts as one that is there. */
const PRESENT_MS = 10_000;
/** Milliseconds by which a tenant may be ahead of its pace; further, it waits until it keeps it again. */
const MAX_AHEAD_MS = 60;
/** What one charge may add to it, milliseconds: a group that waited for a database which was away would hold its tenants up for as long again. */
const MAX_CHARGE_MS = 250;
/**
 * Up to so many it keeps its pace: what a client asks in one go is answered in one go. Beyond, its work yields to that of those who do. How far it is below
 * MAX_AHEAD_MS is how much begins in a burst, 13 ms of the loop: a piece by itself costs up to twice what it does among others, as its commit is shared with none
 * and each of its messages wakes a process of PostgreSQL's that slept.
 */
const KEEPING_MS = 20;
/** How many times as far ahead another must be for a tenant not to be held up. */
const HEAVIER = 2;
/** Milliseconds from its beginning in which a piece of work is yielded to: most are over then, and one may wait for another server. */
const YIELD_MS = 20;
/** Milliseconds from its beginning in which a piece is taken to be at work: a batch of a fleet takes half of it, a webhook attempt waits for its endpoint. */
const AT_WORK_MS = 1000;
/** Milliseconds of the loop that a piece is taken to cost as long as nothing is known, and how many pieces that counts for. */
const [FIRST_COST_MS, FIRST_WEIGHT] = [1, 8] as const;
/** Pieces after which those before count half. */
const MEMORY_PIECES = 64;
/** Milliseconds of the loop at work between two looks at the CPU time that it had. */
const SAMPLE_MS = 50;
/** Milliseconds that the loop works for one piece without a break from which on that is remembered, as the collector may have been at work among them; and how many such. */
const [LONG_MS, MAX_LONG] = [2, 32] as const;
/** Tenants beyond which those that are not there any more are forgotten, and milliseconds between two times of it: it looks at each. */
const [MAX_TENANTS, FORGET_MS] = [1000, 1000] as const;

/** What pieces of one kind cost a tenant of late. */
export interface Cost {
  ms: number;
  pieces: number;
}

export interface Known {
  readonly costs: Readonly<Record<PieceKind, Cost>>;
  /** When the tenant will be on its pace again, by what the loop did for it, and by what was charged. */
  dueAt: number;
  chargedAt: number;
  seenAt: number;
  /** Was too far ahead, and has not kept its pace since. */
  isHeld: boolean;
  /** Its pieces under way that are taken to use the loop. */
  atWork: number;
}

/** What a tenant began, to be given back to the pace. */
export interface Piece {
  readonly known: Known;
  readonly cost: Cost;
  readonly beganAt: number;
  /** Milliseconds that were counted for it when it began. */
  readonly expectedMs: number;
  /** Milliseconds that the loop worked for it so far. */
  spentMs: number;
  /** Its cost is among those of its kind. */
  isOver: boolean;
}

/** Time in which the loop worked for one piece without a break. */
interface Stretch {
  readonly piece: Piece;
  readonly from: number;
  readonly to: number;
}

/** Milliseconds by which the tenant is ahead of its pace. */
const aheadOf = ({ dueAt, chargedAt }: Known, now: number): number => Math.max(dueAt, chargedAt) - now;

const unknownCost = (): Cost => ({ ms: FIRST_COST_MS * FIRST_WEIGHT, pieces: FIRST_WEIGHT });

export class PacedLoop implements LoopPace {
  readonly #parts: LoopPaceParts;
  readonly #tenants = new Map<string, Known>();
  /** In the order in which they began. */
  readonly #atWork = new Set<Piece>();
  /** Of those under way, the ones whose tenant kept its pace when they began. */
  readonly #preferred = new Set<Piece>();
  #forgotAt = 0;
  /** Whom the loop works for, and since when. */
  #current: Piece | null = null;
  #resumedAt = 0;
  /** Milliseconds that it worked since the last look, the CPU time of the process then, and what part of such time it had a core lately. */
  #workedMs = 0;
  #busyAt = 0;
  #part = 1;
  /** The latest of those that were long. */
  readonly #long: Stretch[] = [];
  /** The two tenants that were seen last. */
  #last: Known | null = null;
  #beforeLast: Known | null = null;

  constructor(parts: LoopPaceParts) {
    this.#parts = parts;
  }

  mayBegin(tenant: string): boolean {
    const known = this.#seen(tenant);
    const now = known.seenAt;
    if (!this.#isShared(known, now)) {
      known.dueAt = Math.min(known.dueAt, now);
      known.chargedAt = Math.min(known.chargedAt, now);
      known.isHeld = false;
      return true;
    }
    this.#forgetWaiting(now);
    const aheadMs = aheadOf(known, now);
    if (aheadMs > MAX_AHEAD_MS) known.isHeld = true;
    else if (aheadMs <= KEEPING_MS) known.isHeld = false;
    if (aheadMs <= KEEPING_MS || this.#isHeavierAtWork(known, now)) return true;
    return (
      !known.isHeld && known.atWork < this.#parts.maxAheadPieces && !this.#isPreferredUnderWay(known, now)
    );
  }

  begin(tenant: string, kind: PieceKind): Piece {
    const known = this.#seen(tenant);
    const cost = known.costs[kind];
    const piece: Piece = {
      ...{ known, cost },
      beganAt: known.seenAt,
      expectedMs: cost.ms / cost.pieces,
      spentMs: 0,
      isOver: false,
    };
    this.#forgetWaiting(known.seenAt);
    if (aheadOf(known, known.seenAt) <= KEEPING_MS) this.#preferred.add(piece);
    this.#atWork.add(piece);
    known.atWork++;
    this.#count(known, piece.expectedMs, known.seenAt);
    this.resume(piece);
    return piece;
  }

  end(piece: Piece): void {
    const { known, cost, expectedMs } = piece;
    const now = this.#parts.monotonicMs();
    if (this.#current === piece) this.resume(null);
    this.#preferred.delete(piece);
    if (this.#atWork.delete(piece)) known.atWork--;
    piece.isOver = true;
    cost.ms += piece.spentMs;
    cost.pieces++;
    if (cost.pieces > MEMORY_PIECES) {
      cost.ms /= 2;
      cost.pieces /= 2;
    }
    this.#count(known, Math.min(0, piece.spentMs - expectedMs), now);
    // What it leaves to be done is counted as it is done.
    piece.spentMs = Math.max(piece.spentMs, expectedMs);
  }

  resume(piece: Piece | null): void {
    const now = this.#parts.monotonicMs();
    const last = this.#current;
    if (last !== null) {
      this.#workedMs += now - this.#resumedAt;
      // Before it is counted: a process that was stopped in the middle of a piece worked for nobody meanwhile, and its tenant would wait twice as long again.
      if (this.#workedMs > SAMPLE_MS) this.#sample();
      const ms = (now - this.#resumedAt) * this.#part;
      const beforeMs = last.spentMs;
      last.spentMs += ms;
      // Up to what was expected of it, it was counted when it began.
      const moreMs = last.spentMs - Math.max(beforeMs, last.expectedMs);
      if (moreMs > 0) this.#count(last.known, moreMs, now);
      if (now - this.#resumedAt >= LONG_MS) this.#remember({ piece: last, from: this.#resumedAt, to: now });
    }
    [this.#current, this.#resumedAt] = [piece, now];
  }

  isAhead({ known }: Piece): boolean {
    const now = this.#parts.monotonicMs();
    return aheadOf(known, now) > KEEPING_MS && this.#isShared(known, now);
  }

  yields(piece: Piece): boolean {
    return this.isAhead(piece) && this.#isPreferredUnderWay(piece.known, this.#parts.monotonicMs());
  }

  charge(tenant: string, ms: number): void {
    const known = this.#seen(tenant);
    known.chargedAt = Math.max(known.chargedAt, known.seenAt) + Math.min(MAX_CHARGE_MS, this.#paced(ms));
  }

  collected(fromMs: number, ms: number): void {
    this.resume(this.#current);
    const piece = this.#long.find(({ from, to }) => from <= fromMs && fromMs < to)?.piece;
    if (piece === undefined) return;
    // What was expected of it is given back when it ends.
    const backMs = Math.min(ms * this.#part, piece.spentMs - piece.expectedMs);
    if (backMs <= 0) return;
    piece.spentMs -= backMs;
    if (piece.isOver) piece.cost.ms = Math.max(0, piece.cost.ms - backMs);
    this.#count(piece.known, -backMs, this.#parts.monotonicMs());
  }

  hasOthers(tenant: string): boolean {
    const known = this.#seen(tenant);
    return this.#isShared(known, known.seenAt);
  }

  isShared({ known }: Piece): boolean {
    return this.#isShared(known, this.#parts.monotonicMs());
  }

  #remember(stretch: Stretch): void {
    this.#long.push(stretch);
    if (this.#long.length > MAX_LONG) this.#long.shift();
  }

  #seen(tenant: string): Known {
    const now = this.#parts.monotonicMs();
    let known = this.#tenants.get(tenant);
    if (known === undefined) {
      if (this.#tenants.size >= MAX_TENANTS && now - this.#forgotAt >= FORGET_MS) this.#forget(now);
      known = {
        costs: { first: unknownCost(), next: unknownCost() },
        dueAt: now,
        chargedAt: now,
        seenAt: now,
        isHeld: false,
        atWork: 0,
      };
      this.#tenants.set(tenant, known);
    }
    known.seenAt = now;
    if (known !== this.#last) [this.#last, this.#beforeLast] = [known, this.#last];
    return known;
  }

  #forget(now: number): void {
    this.#forgotAt = now;
    for (const [tenant, known] of this.#tenants)
      if (known.atWork === 0 && known.seenAt < now - PRESENT_MS) this.#tenants.delete(tenant);
  }

  #isShared(known: Known, now: number): boolean {
    const other = this.#last === known ? this.#beforeLast : this.#last;
    return other !== null && other.seenAt > now - PRESENT_MS;
  }

  /** Whether one is at work that is much further ahead: on a machine that has too little for all, the others are not to wait as it does. */
  #isHeavierAtWork(known: Known, now: number): boolean {
    const most = aheadOf(known, now) * HEAVIER;
    for (const { known: other } of this.#atWork) if (other !== known && other.dueAt - now > most) return true;
    return false;
  }

  #isPreferredUnderWay(known: Known, now: number): boolean {
    for (const piece of this.#preferred) {
      if (piece.beganAt <= now - YIELD_MS) this.#preferred.delete(piece);
      else if (piece.known !== known) return true;
    }
    return false;
  }

  /**
   * Of n tenants that want more than there is each gets one part of n + 2, and two are left: one for those that come, and one for what is in nobody's time, as
   * collections, the kernel's part of writes, and the processes of PostgreSQL that share the cores.
   */
  #paced(ms: number): number {
    return ms * (Math.max(1, this.#parts.waiting()) + 2);
  }

  #count(known: Known, ms: number, now: number): void {
    known.dueAt = now + Math.max(0, Math.max(0, known.dueAt - now) + this.#paced(ms));
  }

  /** A loop that has no core, since other programs have them, is not at work: a machine that is too small for its work would idle besides. */
  #sample(): void {
    const busy = this.#parts.busyMs();
    this.#part = Math.min(1, (busy - this.#busyAt) / this.#workedMs);
    [this.#workedMs, this.#busyAt] = [0, busy];
  }

  /** Those that have been under way for so long wait for somebody else. */
  #forgetWaiting(now: number): void {
    for (const piece of this.#atWork) {
      if (piece.beganAt > now - AT_WORK_MS) return;
      this.#atWork.delete(piece);
      piece.known.atWork--;
    }
  }
}
