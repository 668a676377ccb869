/** The sockets of a process: who is told of which event, whose key is still good, who is still there. */
import type { WebSocket } from "ws";
import type { Actor, Authenticator } from "../../../domain/door/access/index.ts";
import { Failure } from "../../../domain/door/failures.ts";
import { type FeedEvent, type FeedListener, Subscriptions } from "../../../domain/notify/feed/index.ts";
import { eventText, type StoredEvent, type WebhookFormat } from "../../../domain/notify/webhooks/index.ts";
import type { Clock } from "../../../lib/clock.ts";
import { createFairShare } from "../../../lib/fair-share.ts";
import { inTurns } from "../../../lib/in-turns.ts";
import {
  MAX_SOCKET_BYTES_HELD,
  SOCKET_BYTES_AT_ONCE,
  SOCKET_CLOSE_MS,
  SOCKET_KEYS_AT_ONCE,
  SOCKET_PING_MS,
  SOCKET_PING_TURNS,
  SOCKETS_TOLD_AT_ONCE,
} from "../limits.ts";
import { type ConversationParts, createConversation } from "./conversation.ts";
import { LOOKS_AHEAD, startPings } from "./pings.ts";
import { CLOSE, Session } from "./session.ts";

export interface HubParts extends Omit<ConversationParts, "subscriptions" | "listener" | "dispatch"> {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly format: Pick<WebhookFormat, "present">;
}

export interface SocketHub {
  /** Takes a socket whose key was let in. */
  open(socket: WebSocket, by: { readonly token: string; readonly actor: Actor }): void;
  /** Ends all sockets, so that their clients connect again. */
  stop(): Promise<void>;
}

export function createSocketHub(parts: HubParts): SocketHub {
  const { authenticator, clock, feed, log } = parts;
  const sessions = new Set<Session>();
  const subscriptions = new Subscriptions<Session>();
  const listener = createListener(parts, subscriptions, sessions);
  const converse = createConversation({ ...parts, subscriptions, listener });
  const pings = startPings(sessions, clock, { everyMs: SOCKET_PING_MS, turns: SOCKET_PING_TURNS });
  const recheck = createRecheck({ authenticator, log, sessions });
  authenticator.watch(recheck);
  const left = (session: Session): void => {
    sessions.delete(session);
    subscriptions.remove(session, session.targets);
    session.targets.clear();
    if (subscriptions.isEmpty)
      feed.end().catch((error: unknown) => log.warn({ error }, "a feed did not end"));
  };
  return {
    open(socket, { token, actor }) {
      const session = new Session(socket, { token, actor, openedAt: clock.now() });
      sessions.add(session);
      session.endAtExpiry(clock, LOOKS_AHEAD * SOCKET_PING_MS);
      socket.once("close", () => left(session));
      // What breaks the protocol ws answers with a close code itself.
      socket.on("error", (error) => log.info({ error }, "a socket failed"));
      socket.on("pong", () => {
        session.hearControlFrame();
        session.isAlive = true;
      });
      converse(session);
    },
    async stop() {
      pings.stop();
      for (const session of sessions) session.close(CLOSE.restarts, "the server restarts");
      const ended = [...sessions].map(
        ({ socket }) => new Promise((resolve) => socket.once("close", resolve)),
      );
      await Promise.race([
        Promise.all(ended),
        new Promise((resolve) => setTimeout(resolve, SOCKET_CLOSE_MS)),
      ]);
      for (const { socket } of sessions) socket.terminate();
      await feed.end();
    },
  };
}

/** Tells sockets of events: each event is loaded and written once, whatever the number of sockets. */
function createListener(
  { clock, format, log }: HubParts,
  subscriptions: Subscriptions<Session>,
  sessions: ReadonlySet<Session>,
): FeedListener {
  const bytes = createFairShare(MAX_SOCKET_BYTES_HELD);
  const tellAll = async (event: FeedEvent, stored: StoredEvent): Promise<void> => {
    const listening = [...subscriptions.of(event)];
    const written = listening.length === 0 ? null : eventText(format, stored);
    if (written === null) return;
    const text = Buffer.from(written);
    const mayWait = bytes.tryAcquire(event.podId, text.length);
    let waiting = listening.length;
    const sent = (): void => {
      if (--waiting === 0 && mayWait) bytes.release(event.podId, text.length);
    };
    const told = { event, labels: stored.message?.labels ?? [], text, mayWait, sent };
    const atOnce = Math.max(
      1,
      Math.min(SOCKETS_TOLD_AT_ONCE, Math.floor(SOCKET_BYTES_AT_ONCE / text.length)),
    );
    await inTurns(listening, atOnce, (session) => {
      // It may have unsubscribed, or ended, since.
      if (subscriptions.has(session, event)) session.tell(told, clock.now());
      else sent();
    });
  };
  return {
    isWanted: (event) => subscriptions.of(event).size > 0,
    async tell(event, stored) {
      try {
        await tellAll(event, stored);
      } catch (error) {
        log.error({ error, eventId: event.id }, "an event could not be told");
      }
    },
    looked() {
      for (const session of sessions) session.looked();
    },
  };
}

/** Looks keys of open sockets up again. @returns what is told that a key (null: any of them) changed */
function createRecheck({
  authenticator,
  log,
  sessions,
}: Pick<HubParts, "authenticator" | "log"> & { readonly sessions: ReadonlySet<Session> }) {
  const check = async (session: Session): Promise<void> => {
    try {
      const actor = await authenticator.authenticate(session.token);
      const { podId, inboxId } = session.actor.scope;
      // Its inbox was moved: what it listens to lies elsewhere now.
      if (actor.scope.podId !== podId || actor.scope.inboxId !== inboxId)
        session.close(CLOSE.restarts, "the inbox was moved; connect again");
      session.actor = actor;
    } catch (error) {
      if (error instanceof Failure && !error.code.startsWith("service."))
        session.close(CLOSE.refused, error.message);
      else log.warn({ error }, "the key of a socket could not be looked up again");
    }
  };
  let isAllStale = false;
  let checking = false;
  const checkAll = async (): Promise<void> => {
    if (checking) return;
    checking = true;
    try {
      while (isAllStale) {
        isAllStale = false;
        const left = [...sessions];
        const next = async (): Promise<void> => {
          for (let one = left.pop(); one !== undefined; one = left.pop()) await check(one);
        };
        await Promise.all(Array.from({ length: SOCKET_KEYS_AT_ONCE }, next));
      }
    } finally {
      checking = false;
    }
  };
  return (keyId: string | null): void => {
    if (keyId === null) {
      isAllStale = true;
      void checkAll();
    } else for (const session of sessions) if (session.actor.keyId === keyId) void check(session);
  };
}
