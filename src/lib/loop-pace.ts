/**
 * How much of the event loop each tenant has while others have work too. A loop that one tenant keeps at work all the time makes
 * everybody wait at each of their turns, however fairly the turns alternate. So a tenant that asks for much begins at a pace that leaves
 * as much of the loop free as it has itself, and while nobody else has anything to do it is not held up at all. See
 * docs/decisions/0032-pace-of-the-loop.md.
 */

export interface LoopPace {
  /** Whether the tenant's next piece of work may begin now. */
  mayBegin(tenant: string): boolean;
  /** One begins. */
  began(tenant: string): void;
  /** Work is under way, until what is returned is called. */
  enter(tenant: string): () => void;
  /** Counts time of something else that the tenant's work held while others may have waited for it, milliseconds. */
  charge(tenant: string, ms: number): void;
  /** Whether another tenant had something to do of late. */
  hasOthers(tenant: string): boolean;
}

export interface LoopPaceParts {
  /** A clock that is not set back. */
  readonly monotonicMs: () => number;
  /** CPU time of the process so far, milliseconds. */
  readonly busyMs: () => number;
  /** Tenants of which pieces of work wait to begin, at this moment. */
  readonly waiting: () => number;
}

/** Milliseconds after its last piece of work in which a tenant counts as one that is there. */
const PRESENT_MS = 10_000;
/** Milliseconds by which a tenant may be ahead of its pace. */
const MAX_AHEAD_MS = 30;
/** What one piece may add to it, milliseconds: a piece that waited for a database which was away would hold its tenant up for as long again. */
const MAX_PIECE_MS = 250;
/** Up to so many it keeps its pace: what a client asks in one go is answered in one go. Beyond, its work yields to that of those who do. */
const KEEPING_MS = 10;
/** Pieces under way beyond which no more of it begin then: each has a process of PostgreSQL's at work, and these take the cores from the loop. */
const MAX_AHEAD_PIECES = 3;
/** Milliseconds from its beginning in which a piece of work is yielded to: most are over then, and one may wait for another server. */
const YIELD_MS = 20;
/** Milliseconds from its beginning in which work is taken to use the loop: a long list is written for as long, a webhook attempt waits for its endpoint. */
const AT_WORK_MS = 1000;
/** Milliseconds of the loop that a piece is taken to cost as long as nothing is known, and how many pieces that counts for. */
const [FIRST_COST_MS, FIRST_WEIGHT] = [1, 8] as const;
/** Pieces after which those before count half. */
const MEMORY_PIECES = 64;
/** Milliseconds between two looks at what the process did: attributing it to tenants takes time as well. */
const SAMPLE_MS = 1;
/** Tenants beyond which those that are not there any more are forgotten, and milliseconds between two times of it: it looks at each. */
const [MAX_TENANTS, FORGET_MS] = [1000, 1000] as const;

interface Known {
  /** Of the pieces below: milliseconds of the loop. */
  costMs: number;
  pieces: number;
  /** When the tenant will be on its pace again, by what the loop did for it, and by what was charged. */
  dueAt: number;
  chargedAt: number;
  seenAt: number;
  /** When each piece began that is under way, and not for so long that it must be waiting for somebody else. */
  readonly underWay: Map<object, number>;
}

/** Milliseconds by which the tenant is ahead of its pace, seen just now. */
const aheadOf = ({ dueAt, chargedAt, seenAt }: Known): number => Math.max(dueAt, chargedAt) - seenAt;

export class PacedLoop implements LoopPace {
  readonly #parts: LoopPaceParts;
  readonly #tenants = new Map<string, Known>();
  readonly #working = new Set<Known>();
  /** When each piece began whose tenant kept its pace. */
  readonly #preferred = new Map<object, { readonly known: Known; readonly at: number }>();
  #forgotAt = 0;
  #sampledAt = 0;
  #busyAt = 0;
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
      return true;
    }
    const aheadMs = aheadOf(known);
    if (aheadMs > MAX_AHEAD_MS) return false;
    if (aheadMs <= KEEPING_MS) return true;
    return known.underWay.size < MAX_AHEAD_PIECES && !this.#isPreferredUnderWay(known, now);
  }

  began(tenant: string): void {
    const known = this.#seen(tenant);
    const cost = known.costMs / known.pieces;
    known.pieces++;
    if (known.pieces > MEMORY_PIECES) {
      known.costMs /= 2;
      known.pieces /= 2;
    }
    known.dueAt = Math.max(known.dueAt, known.seenAt) + this.#paced(cost);
  }

  charge(tenant: string, ms: number): void {
    const known = this.#seen(tenant);
    known.chargedAt = Math.max(known.chargedAt, known.seenAt) + this.#paced(ms);
  }

  enter(tenant: string): () => void {
    const known = this.#seen(tenant);
    this.#sample(known.seenAt);
    const piece = {};
    if (aheadOf(known) <= KEEPING_MS) this.#preferred.set(piece, { known, at: known.seenAt });
    known.underWay.set(piece, known.seenAt);
    this.#working.add(known);
    return () => {
      this.#sample(this.#parts.monotonicMs());
      this.#preferred.delete(piece);
      known.underWay.delete(piece);
    };
  }

  hasOthers(tenant: string): boolean {
    const known = this.#seen(tenant);
    return this.#isShared(known, known.seenAt);
  }

  #seen(tenant: string): Known {
    const now = this.#parts.monotonicMs();
    let known = this.#tenants.get(tenant);
    if (known === undefined) {
      if (this.#tenants.size >= MAX_TENANTS && now - this.#forgotAt >= FORGET_MS) this.#forget(now);
      known = {
        costMs: FIRST_COST_MS * FIRST_WEIGHT,
        pieces: FIRST_WEIGHT,
        dueAt: now,
        chargedAt: now,
        seenAt: now,
        underWay: new Map(),
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
      if (known.underWay.size === 0 && known.seenAt < now - PRESENT_MS) this.#tenants.delete(tenant);
  }

  #isShared(known: Known, now: number): boolean {
    const other = this.#last === known ? this.#beforeLast : this.#last;
    return other !== null && other.seenAt > now - PRESENT_MS;
  }

  #isPreferredUnderWay(known: Known, now: number): boolean {
    for (const other of this.#preferred.values())
      if (other.known !== known && other.at > now - YIELD_MS) return true;
    return false;
  }

  /** Of n tenants that want more than there is each gets one part of n + 1, and one is left for those that come. */
  #paced(ms: number): number {
    return Math.min(MAX_PIECE_MS, ms * (Math.max(1, this.#parts.waiting()) + 1));
  }

  /** Attributes what the process did since the last look to the tenants whose work was under way, by its pieces. */
  #sample(now: number): void {
    if (now - this.#sampledAt < SAMPLE_MS) return;
    const busy = this.#parts.busyMs();
    let pieces = 0;
    for (const known of this.#working) {
      // Those that began first come first.
      for (const [piece, at] of known.underWay) {
        if (at > now - AT_WORK_MS) break;
        known.underWay.delete(piece);
      }
      pieces += known.underWay.size;
    }
    for (const known of this.#working) {
      known.costMs += pieces === 0 ? 0 : ((busy - this.#busyAt) / pieces) * known.underWay.size;
      if (known.underWay.size === 0) this.#working.delete(known);
    }
    [this.#sampledAt, this.#busyAt] = [now, busy];
  }
}
