/** Connections that are used again for the next message to the same host, so that a queue pays for TCP, TLS and EHLO once. */
import {
  CONNECTION_AGE_MS,
  IDLE_MS,
  MAX_IDLE_CONNECTIONS,
  MAX_IDLE_OF_ONE,
  MAX_MESSAGES_OF_CONNECTION,
  QUIT_MS,
} from "./limits.ts";
import { type Failure, openSession, type Session, type SessionParts } from "./session.ts";
import { keyOf, type Target } from "./target.ts";

export interface PoolParts extends SessionParts {
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

export interface Lease {
  readonly session: Session;
  /** It was used before, and may have been closed by the server meanwhile. */
  readonly isReused: boolean;
}

export interface PoolCounts {
  readonly opened: number;
  readonly reused: number;
  /** Connections that wait for the next message. */
  readonly idle: number;
}

export interface SessionPool {
  /** @param fresh no connection that was used before */
  take(target: Target, fresh: boolean): Promise<Lease | Failure>;
  /** @param isReusable it may take another message: the last one ended with a reply to all of it */
  give(session: Session, isReusable: boolean): void;
  counts(): PoolCounts;
  /** Ends all connections, those in use too. */
  close(): void;
}

interface Used {
  readonly openedAt: number;
  messages: number;
}

export function createSessionPool(parts: PoolParts): SessionPool {
  const idle = createIdle();
  const inUse = new Map<Session, Used>();
  let isClosed = false;
  const counts = { opened: 0, reused: 0 };
  const open = async (target: Target): Promise<Lease | Failure> => {
    const opened = await openSession(target, parts);
    if (opened.kind === "failure") return opened;
    const { session } = opened;
    if (isClosed) {
      session.connection.close();
      return { step: "connect", reply: null, isGarbage: false, why: "the process stops" };
    }
    counts.opened++;
    inUse.set(session, { openedAt: parts.now(), messages: 0 });
    return { session, isReused: false };
  };
  return {
    async take(target, fresh) {
      const waiting = fresh ? null : idle.take(keyOf(target));
      if (waiting === null) return open(target);
      counts.reused++;
      inUse.set(waiting.session, waiting.used);
      return { session: waiting.session, isReused: true };
    },
    give(session, isReusable) {
      const used = inUse.get(session);
      inUse.delete(session);
      if (used === undefined || !session.isOpen()) return;
      used.messages++;
      const isWorn =
        used.messages >= MAX_MESSAGES_OF_CONNECTION || parts.now() - used.openedAt >= CONNECTION_AGE_MS;
      if (isClosed || !isReusable || isWorn) return quit(session);
      idle.add({ key: keyOf(session.target), session, used });
    },
    counts: () => ({ ...counts, idle: idle.size() }),
    close() {
      isClosed = true;
      idle.quitAll();
      for (const session of inUse.keys()) session.connection.close();
    },
  };
}

/** Says so, as RFC 5321 section 4.1.1.10 asks, and does not wait for long. */
function quit({ connection }: Session): void {
  connection.quit();
  const timer = setTimeout(() => connection.close(), QUIT_MS);
  timer.unref();
  connection.once("end", () => clearTimeout(timer));
}

interface Idle {
  readonly key: string;
  readonly session: Session;
  readonly used: Used;
}

/** Those that wait, the longest waiting first. */
function createIdle() {
  const waiting = new Map<Session, { readonly idle: Idle; readonly leave: () => void }>();
  const remove = (session: Session): Idle | null => {
    const found = waiting.get(session);
    waiting.delete(session);
    found?.leave();
    return found?.idle ?? null;
  };
  const of = (key: string): Idle[] =>
    [...waiting.values()].map(({ idle }) => idle).filter((one) => one.key === key);
  return {
    /** The one used last, whose server is the least likely to have closed it. */
    take(key: string): Idle | null {
      const last = of(key).at(-1);
      return last === undefined ? null : remove(last.session);
    },
    add(idle: Idle): void {
      const { key, session } = idle;
      const [oldest] = waiting.size >= MAX_IDLE_CONNECTIONS ? waiting.keys() : [];
      if (oldest !== undefined && remove(oldest) !== null) quit(oldest);
      if (of(key).length >= MAX_IDLE_OF_ONE) {
        quit(session);
        return;
      }
      const timer = setTimeout(() => {
        remove(session);
        quit(session);
      }, IDLE_MS);
      timer.unref();
      const forget = session.onEnd(() => void remove(session));
      const leave = (): void => {
        clearTimeout(timer);
        forget();
      };
      waiting.set(session, { idle, leave });
    },
    size: () => waiting.size,
    quitAll(): void {
      for (const session of waiting.keys()) {
        remove(session);
        quit(session);
      }
    },
  };
}
