/** What requests of one process share, fairly by tenant or by client network. One of each process. */
import type { Context } from "hono";
import type { LookUpPace } from "../../domain/door/access/index.ts";
import { createPacing } from "../../lib/pacing.ts";
import { bindingsOf } from "./bindings-of.ts";
import { type BodyBudget, type BodyMemory, createBodyBudget } from "./body-budget.ts";
import { clientNetwork } from "./client-network.ts";
import {
  UNKNOWN_KEY_BURST,
  UNKNOWN_KEY_NETWORKS,
  UNKNOWN_KEY_PAUSE_MS,
  UNKNOWN_KEYS_PER_SECOND,
} from "./limits.ts";
import { createUnreadAnswers, type UnreadAnswers } from "./unread-answers.ts";

export interface Shares {
  /** Memory for request bodies, by tenant. */
  readonly bodies: BodyBudget;
  /** Memory for answers, by tenant. */
  readonly unread: UnreadAnswers;
  /** At which pace tokens of the request's client are looked up; nothing waits for a request without a socket. */
  paceOf(context: Context): LookUpPace;
  /** The same for a request that no app sees, such as one for a WebSocket. */
  paceOfRequest(request: Parameters<typeof clientNetwork>[0]): LookUpPace;
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
  /** Whether an address is that of a proxy whose X-Forwarded-For is believed. */
  readonly isProxy: (address: string) => boolean;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

export function createShares({ memory, monotonicMs, isProxy, pause }: ShareParts): Shares {
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
    return {
      async enter() {
        network = clientNetwork(request, isProxy);
        const pauseMs = network === null ? 0 : guesses.count(network);
        if (pauseMs > 0) await pause(pauseMs);
      },
      forgive() {
        if (network !== null) guesses.forgive(network);
      },
    };
  };
  return {
    bodies: createBodyBudget(memory),
    unread: createUnreadAnswers(memory.downloadBytes),
    networkOf: (context) => clientNetwork(requestOf(context), isProxy),
    paceOfRequest,
    pause,
    paceOf: (context) => paceOfRequest(requestOf(context)),
  };
}
