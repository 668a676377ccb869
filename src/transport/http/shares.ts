/** What requests of one process share, fairly by tenant or by client network. One of each process. */
import type { Context } from "hono";
import type { LookUpPace } from "../../domain/door/access/index.ts";
import { createFairQueue } from "../../lib/fair-queue.ts";
import type { LoopTurns, Pause } from "../../lib/loop-turns.ts";
import { createPacing } from "../../lib/pacing.ts";
import { createRestingQueue } from "../../lib/resting-queue.ts";
import { createStrangersTurns, type StrangersTurns } from "../../lib/strangers-turns.ts";
import { bindingsOf } from "./bindings-of.ts";
import { type BodyBudget, type BodyMemory, createBodyBudget } from "./body-budget.ts";
import { clientNetwork } from "./client-network.ts";
import type { ConnectionPlaces } from "./connection-places.ts";
import {
  LAVISH_PAUSE_MS,
  MAX_STRANGERS_WAITING,
  NEWCOMERS_AT_ONCE,
  NEWCOMERS_REST,
  STRANGERS_AT_ONCE,
  UNKNOWN_KEY_BURST,
  UNKNOWN_KEY_NETWORKS,
  UNKNOWN_KEY_PAUSE_MS,
  UNKNOWN_KEYS_PER_SECOND,
} from "./limits.ts";
import { refusalOf } from "./loop-refusal.ts";
import { createUnreadAnswers, type UnreadAnswers } from "./unread-answers.ts";

/** The tenant that they are: one for all, as whoever asks from a thousand networks would else have a thousand shares of what tenants share. */
export const CALLERS_WITHOUT_KEY = "callers without a key";

/** A caller of whom only the network is known. */
export interface StrangersPace extends LookUpPace {
  /** Counts one of his requests, and resolves when it may be looked at. */
  enter(): Promise<void>;
  /** Runs work of it in a turn of the event loop that callers without a key have. @throws Failure service.unavailable, and as `work` does */
  inTurn<Result>(work: (pause: Pause) => Promise<Result>): Promise<Result>;
  /** Runs what makes a tenant, when one of the few places for it is free. @throws Failure service.unavailable, and as `work` does */
  asNewcomer<Result>(work: () => Promise<Result>): Promise<Result>;
  /** He is none: his key is valid. */
  recognise(): void;
}

export interface Shares {
  /** Memory for request bodies, by tenant. */
  readonly bodies: BodyBudget;
  /** Memory for answers, by tenant. */
  readonly unread: UnreadAnswers;
  /** At which pace tokens of the request's client are looked up; nothing waits for a request without a socket. */
  paceOf(context: Context): StrangersPace;
  /** Of the listener's connections. */
  readonly places: ConnectionPlaces;
  /** The same for a request that no app sees, such as one for a WebSocket. */
  paceOfRequest(request: Parameters<typeof clientNetwork>[0]): StrangersPace;
  /** Ends a peer that made much work of few octets, or has it told so: one of all of them in LAVISH_PAUSE_MS, by network in turn, as it does it again once it knows. */
  endLate(request: Parameters<typeof clientNetwork>[0], end: () => void): void;
  /** The network of the request's client; null without a socket. */
  networkOf(context: Context): string | null;
  /** Resolves after so many milliseconds. */
  pause(ms: number): Promise<void>;
}

/** What bodies may take, and answers that are not read to their end. */
export type HttpMemory = BodyMemory & { readonly downloadBytes: number };

export interface ShareParts {
  readonly memory: HttpMemory;
  readonly monotonicMs: () => number;
  readonly places: ConnectionPlaces;
  /** Whether an address is that of a proxy whose X-Forwarded-For is believed. */
  readonly isProxy: (address: string) => boolean;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Of the event loop. */
  readonly turns: Pick<LoopTurns, "during" | "hasOthers">;
}

/** Each newcomer is a tenant of its own as soon as it is made, of which the database's queue knows nothing else. */
function createNewcomersQueue({ turns, ...time }: Pick<ShareParts, "monotonicMs" | "pause" | "turns">) {
  const queue = createRestingQueue({
    permits: NEWCOMERS_AT_ONCE,
    maxQueued: MAX_STRANGERS_WAITING,
    ...time,
  });
  const restTimes = (): number => (turns.hasOthers(CALLERS_WITHOUT_KEY) ? NEWCOMERS_REST : 0);
  return <Result>(network: string, work: () => Promise<Result>): Promise<Result> =>
    queue.during(network, work, restTimes).catch((error: unknown) => {
      throw refusalOf(error);
    });
}

/** One at a time finds out, behind a pause. At once, when as many of its network wait as may. */
function createEndLate({ isProxy, pause }: Pick<ShareParts, "isProxy" | "pause">): Shares["endLate"] {
  const queue = createFairQueue(1, MAX_STRANGERS_WAITING, { isStrict: true });
  return (request, end) => {
    const network = clientNetwork(request, isProxy) ?? "";
    void queue.during(network, () => pause(LAVISH_PAUSE_MS)).then(end, end);
  };
}

export function createShares({ memory, monotonicMs, places, isProxy, pause, turns }: ShareParts): Shares {
  const inTurn: StrangersTurns = createStrangersTurns(turns, {
    tenant: CALLERS_WITHOUT_KEY,
    atOnce: STRANGERS_AT_ONCE,
    maxWaiting: MAX_STRANGERS_WAITING,
  });
  const asNewcomer = createNewcomersQueue({ monotonicMs, pause, turns });
  const guesses = createPacing(
    {
      burst: UNKNOWN_KEY_BURST,
      perSecond: UNKNOWN_KEYS_PER_SECOND,
      maxPauseMs: UNKNOWN_KEY_PAUSE_MS,
      maxKeys: UNKNOWN_KEY_NETWORKS,
    },
    monotonicMs,
  );
  // Cast: HTTP/1 is all that this server speaks.
  const requestOf = (context: Context) => bindingsOf(context).incoming as Parameters<typeof clientNetwork>[0];
  // Read when a token is looked up: reading an address costs more than the rest of finding a remembered key.
  const paceOfRequest: Shares["paceOfRequest"] = (request) => {
    let network: string | null = null;
    const pace: StrangersPace = {
      async enter() {
        network ??= clientNetwork(request, isProxy);
        const pauseMs = network === null ? 0 : guesses.count(network);
        if (pauseMs > 0) await pause(pauseMs);
      },
      inTurn(work) {
        network ??= clientNetwork(request, isProxy);
        return inTurn(network ?? "", work).catch((error: unknown) => {
          throw refusalOf(error);
        });
      },
      asNewcomer(work) {
        network ??= clientNetwork(request, isProxy);
        return asNewcomer(network ?? "", work);
      },
      async during(lookUp) {
        await pace.enter();
        return pace.inTurn(lookUp);
      },
      recognise: () => request && places.recognise(request.socket),
      forgive() {
        if (network !== null) guesses.forgive(network);
      },
    };
    return pace;
  };
  return {
    bodies: createBodyBudget(memory),
    unread: createUnreadAnswers(memory.downloadBytes, memory.heap),
    networkOf: (context) => clientNetwork(requestOf(context), isProxy),
    ...{ paceOfRequest, places, pause },
    endLate: createEndLate({ isProxy, pause }),
    paceOf: (context) => paceOfRequest(requestOf(context)),
  };
}
