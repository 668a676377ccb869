/**
 * Attempts the deliveries of a batch, as many at once as the pod and the destinations allow. A turn does not wait for peers that are
 * slow: what is under way after the grace period goes on without it, and what could not begin is given back.
 */
import { systemActor } from "../../domain/door/access/index.ts";
import {
  type AttemptOutcome,
  abandoned,
  giveBackOutbound,
  type Judged,
  type Judgement,
  judge,
  type Lease,
  suppressedAll,
  type TakenDelivery,
} from "../../domain/transit/outbound/index.ts";
import type { Clock } from "../../lib/clock.ts";
import { settlesWithin } from "../../lib/settles-within.ts";
import { MISSING_BYTES_MS, OUTBOUND_GRACE_MS } from "../limits.ts";
import type { Outages } from "./outages.ts";
import type { Permits } from "./permits.ts";
import type { Recorder, RecorderParts } from "./recorder.ts";
import type { CarriedOutcome, Carrier } from "./transport.ts";

export interface BatchParts extends RecorderParts {
  readonly clock: Clock;
  readonly carrier: Carrier;
  readonly permits: Permits;
  readonly outages: Outages;
  readonly recorder: Recorder;
  /** Told of pods that waited for a permit when one is free. */
  readonly onFree: (podIds: readonly string[]) => void;
}

export interface Batches {
  /** Resolves when every delivery was attempted or given back, but for peers that are slow. */
  run(podId: string, taken: readonly TakenDelivery[]): Promise<void>;
  /** Has the pod woken when an attempt has ended. */
  wait(podId: string): void;
  /** Of everything that is not on record yet. */
  leases(): readonly Lease[];
  /** Begins no more attempts. */
  stop(): void;
  /** Resolves when no attempt is under way. */
  ended(): Promise<unknown>;
}

const PART = "outbound delivery";

/** Pods woken when an attempt ends: each costs a query, and one of them can use what became free. */
const WOKEN = 2;

export function createBatches(parts: BatchParts): Batches {
  const held = new Map<string, Lease>();
  const running = new Set<Promise<void>>();
  const waiting = new Set<string>();
  let isStopping = false;
  const free = (): void => {
    const woken = [...waiting].slice(0, WOKEN);
    for (const podId of woken) waiting.delete(podId);
    parts.onFree(woken);
  };
  const begin = (taken: TakenDelivery, onEnd: () => void): boolean => {
    const destination = parts.carrier.destinationOf(taken.domain);
    if (isStopping || !parts.permits.tryBegin(taken.podId, destination)) return false;
    const attempt = attemptOne(parts, taken, destination)
      .then((judged) => {
        parts.permits.end(taken.podId, destination);
        onEnd();
        free();
        return judged === null ? giveBack(parts, [taken], MISSING_BYTES_MS) : parts.recorder.record(judged);
      })
      .catch((error: unknown) => parts.warn("an attempt at another server was not recorded", error))
      .finally(() => {
        held.delete(taken.id);
        running.delete(attempt);
      });
    running.add(attempt);
    return true;
  };
  return {
    async run(podId, taken) {
      for (const { id, attempt } of taken) held.set(id, { podId, id, attempt });
      const left = await attemptAll(taken, begin);
      if (left.length === 0) return;
      waiting.add(podId);
      await giveBack(parts, left, 0).finally(() => {
        for (const { id } of left) held.delete(id);
      });
    },
    wait: (podId) => void waiting.add(podId),
    leases: () => [...held.values()],
    stop() {
      isStopping = true;
    },
    ended: () => Promise.all(running),
  };
}

/** @returns those that could not begin before the grace period was over without an attempt that ended */
async function attemptAll(
  taken: readonly TakenDelivery[],
  begin: (one: TakenDelivery, onEnd: () => void) => boolean,
): Promise<readonly TakenDelivery[]> {
  let left = [...taken];
  let running = 0;
  let ended = Promise.withResolvers<void>();
  const onEnd = (): void => {
    running--;
    ended.resolve();
  };
  for (;;) {
    ended = Promise.withResolvers<void>();
    left = left.filter((one) => {
      const hasBegun = begin(one, onEnd);
      if (hasBegun) running++;
      return !hasBegun;
    });
    if (running === 0 || !(await settlesWithin(OUTBOUND_GRACE_MS, ended.promise))) return left;
  }
}

/** @returns what to record; null when its bytes are missing */
async function attemptOne(
  { carrier, outages, clock, warn }: BatchParts,
  taken: TakenDelivery,
  destination: string,
): Promise<Judged | null> {
  const slim = { ...taken, raw: null };
  if (taken.isAbandoned) return { taken: slim, judgement: abandoned(taken), outcome: null };
  if (taken.pending.length === 0) return { taken: slim, judgement: suppressedAll(taken), outcome: null };
  if (taken.raw === null) {
    warn("a message was not sent", new Error("the bytes of a queued message are missing"));
    return null;
  }
  const known = outages.of(destination);
  const outcome =
    known === null
      ? await carried(carrier, { ...taken, raw: taken.raw }, clock, warn)
      : deferredAll(taken, known, clock);
  if (known === null) note(outages, destination, outcome, carrier.isSmarthost);
  const waitMs = carrier.isSmarthost ? outages.leftMs(destination) : 0;
  return { taken: slim, judgement: waitingFor(waitMs, judge(slim, outcome)), outcome };
}

/** What a smarthost that is out put off goes when it is back: the next of a message's own attempts may be hours later. */
const waitingFor = (waitMs: number, judgement: Judgement): Judgement =>
  waitMs === 0 || judgement.retryAfterMs === null
    ? judgement
    : { ...judgement, retryAfterMs: Math.min(judgement.retryAfterMs, waitMs) };

async function carried(
  carrier: Carrier,
  taken: TakenDelivery & { readonly raw: Buffer },
  clock: Clock,
  warn: BatchParts["warn"],
): Promise<CarriedOutcome> {
  const { podId: tenant, domain, envelopeFrom: mailFrom, pending: recipients, raw } = taken;
  try {
    return await carrier.send({ tenant, domain, mailFrom, recipients, raw });
  } catch (error) {
    warn("an attempt at another server failed by a fault of ours", error);
    return deferredAll(taken, "the attempt failed here", clock);
  }
}

const deferredAll = ({ pending }: TakenDelivery, reply: string, clock: Clock): AttemptOutcome => ({
  recipients: pending.map((address) => ({
    address,
    kind: "deferred",
    code: null,
    enhancedCode: null,
    reply,
    fault: "system",
    isDoubtful: false,
  })),
  mx: null,
  mxAddress: null,
  tls: null,
  at: clock.now(),
});

/**
 * Whether anybody answered. A smarthost that gives us no session, whatever the mail, is as one that does not answer: each mail would only learn
 * the same again. So it is with a reply for now (4yz: RFC 4954 section 6 has 454 for a server that cannot check passwords), but for one that is
 * only busy, as others of our connections to it go on.
 */
function note(
  outages: Outages,
  destination: string,
  { recipients, hasNoSession = false }: CarriedOutcome,
  isSmarthost: boolean,
): void {
  const [first] = recipients;
  const isSilent = recipients.every(({ kind, code }) => kind === "deferred" && code === null);
  const isShut = isSmarthost && hasNoSession && recipients.every(({ kind }) => kind === "deferred");
  const isBusy = isShut && (first?.code ?? 500) < 500 && outages.wasReached(destination);
  if (first !== undefined && (isSilent || isShut)) {
    if (!isBusy) outages.failed(destination, first.reply);
  } else outages.reached(destination);
}

async function giveBack(
  { door, database }: RecorderParts,
  taken: readonly TakenDelivery[],
  waitMs: number,
): Promise<void> {
  const podId = taken[0]?.podId ?? "";
  const actor = await systemActor(database, PART, { podId });
  const leases = taken.map(({ id, attempt }) => ({ id, attempt, detail: null }));
  if (actor !== null) await door.run(giveBackOutbound, actor, {}, { podId, leases, waitMs });
}
