/** What a client says on its socket, and the answers. One message after the other: the next is not read before. */
import type { RawData } from "ws";
import type { Door } from "../../../domain/door/door.ts";
import { Failure, fail } from "../../../domain/door/failures.ts";
import {
  type EventFeed,
  type FeedEvent,
  type FeedListener,
  type Listening,
  MAX_SUBSCRIBED_TARGETS,
  mayHear,
  replayEvents,
  type Subscriptions,
  subscribe,
  targetsOf,
  unsubscribe,
} from "../../../domain/notify/feed/index.ts";
import { eventText, type WebhookFormat } from "../../../domain/notify/webhooks/index.ts";
import type { Log } from "../../../lib/log.ts";
import type { LoopTurns } from "../../../lib/loop-turns.ts";
import type { Dialect, SocketDialect, SocketRequest } from "../dialect/dialect.ts";
import { wrongAt } from "../dialect/invalid-request.ts";
import { answerTo } from "../dialect/serve.ts";
import { parseJson } from "../parse-json.ts";
import { CLOSE, type Session } from "./session.ts";

export interface ConversationParts {
  readonly door: Door;
  readonly feed: EventFeed;
  readonly log: Log;
  readonly turns: LoopTurns;
  readonly dialect: Pick<Dialect, "refusal" | "invalid" | "internal"> & { readonly sockets: SocketDialect };
  readonly format: Pick<WebhookFormat, "present">;
  readonly subscriptions: Subscriptions<Session>;
  readonly listener: FeedListener;
}

type Subscribing = Extract<SocketRequest, { readonly kind: "subscribe" }>;

/** @returns reads what a socket's client says, for as long as it lasts */
export function createConversation(parts: ConversationParts): (session: Session) => void {
  return (session) => {
    const { socket } = session;
    const waiting: { readonly data: RawData; readonly isBinary: boolean }[] = [];
    const answerAll = async (): Promise<void> => {
      for (let next = waiting[0]; next !== undefined && session.isOpen; next = waiting[0]) {
        await answer(parts, session, next);
        // While it is answered no pong is read.
        session.isAlive = true;
        waiting.shift();
      }
      socket.resume();
    };
    socket.on("message", (data, isBinary) => {
      // What came in the same packet may still follow; more is not read until all is answered.
      socket.pause();
      if (waiting.push({ data, isBinary }) === 1) void answerAll();
    });
    // A flood of pings is not answered faster than it is read.
    socket.on("ping", (data) => {
      if (session.hearControlFrame() && socket.bufferedAmount === 0) socket.pong(data);
    });
  };
}

async function answer(
  parts: ConversationParts,
  session: Session,
  { data, isBinary }: { readonly data: RawData; readonly isBinary: boolean },
): Promise<void> {
  const { dialect, log, turns } = parts;
  const { scope } = session.actor;
  try {
    // One that is no request as well: of "{}" 8,000 fit into what is read at once, whose answers wait for nothing that lets the loop go on.
    await turns.during(scope.podId ?? scope.organizationId, async () => {
      if (isBinary) throw wrongAt([], "Frames must be text, not binary");
      // Cast: `binaryType` is node's default, one buffer.
      const frame = parseJson(data as Buffer);
      if (frame === undefined) throw wrongAt([], "Invalid JSON string");
      const request = dialect.sockets.read(frame);
      await (request.kind === "subscribe"
        ? addSubscription(parts, session, request)
        : removeSubscription(parts, session, request));
    });
  } catch (error) {
    const answering = { requestId: "", path: dialect.sockets.path };
    const known = answerTo(dialect, error, answering);
    if (known === null) log.error({ error }, "a socket's message failed");
    await session.say(dialect.sockets.refused((known ?? dialect.internal(answering)).body));
    if (error instanceof Failure && (error.code.startsWith("auth.") || error.code === "pod.suspended"))
      session.close(CLOSE.refused, error.message);
  }
}

async function addSubscription(
  parts: ConversationParts,
  session: Session,
  request: Subscribing,
): Promise<void> {
  const { door, dialect, feed, listener, subscriptions } = parts;
  const { actor } = session;
  const listening = await door.run(subscribe, actor, {}, request);
  const targets = targetsOf(listening, actor.scope);
  if (new Set([...session.targets, ...targets]).size > MAX_SUBSCRIBED_TARGETS) throw tooMany();
  // Events wait for the answer, and for what was missed.
  session.hold();
  for (const target of targets) session.targets.add(target);
  subscriptions.set(session, targets, listening.types);
  try {
    await feed.begin(listener);
    // Whatever is committed from now on comes by the feed, so that nothing is between it and what is read here.
    const { after } = request;
    const missed = after === null ? null : await findMissed(parts, session, { after, listening });
    await session.say(dialect.sockets.done(request, after === null ? null : missed !== null));
    await replay(parts, session, missed ?? []);
    session.release((missed ?? []).map(({ id }) => id));
  } catch (error) {
    leaveTargets(parts, session, targets);
    session.release([]);
    throw error;
  }
}

function leaveTargets(
  { subscriptions }: Pick<ConversationParts, "subscriptions">,
  session: Session,
  targets: readonly string[],
): void {
  subscriptions.remove(session, targets);
  for (const target of targets) session.targets.delete(target);
}

const tooMany = (): Failure =>
  fail("limit.exceeded", {
    message: "Too many pods and inboxes are subscribed to on this connection",
    hint: "Subscribe to a pod instead of its inboxes, to all by naming none, or open another connection.",
    limit: { resource: "subscription", count: MAX_SUBSCRIBED_TARGETS },
  });

/** @returns null when they cannot be replayed, which the client has been told */
async function findMissed(
  { door, dialect }: ConversationParts,
  session: Session,
  asked: { readonly after: string; readonly listening: Listening },
): Promise<readonly FeedEvent[] | null> {
  try {
    return await door.run(replayEvents, session.actor, {}, asked);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "object.not_found") throw error;
    const { body } = dialect.refusal(error, { requestId: "", path: dialect.sockets.path });
    await session.say(dialect.sockets.refused(body));
    return null;
  }
}

/** One after the other, each when the one before is out: a slow client holds one event. */
async function replay(
  { feed, format }: ConversationParts,
  session: Session,
  missed: readonly FeedEvent[],
): Promise<void> {
  for (const event of missed) {
    if (!session.isOpen) return;
    const stored = await feed.load(event);
    if (!mayHear(session.actor, event, stored.message?.labels ?? [])) continue;
    const text = eventText(format, stored);
    if (text !== null) await session.say(Buffer.from(text));
  }
}

async function removeSubscription(
  parts: ConversationParts,
  session: Session,
  request: SocketRequest,
): Promise<void> {
  const { door, dialect } = parts;
  const { actor } = session;
  const named = await door.run(unsubscribe, actor, {}, request);
  const targets = named.all ? [...session.targets] : targetsOf(named, actor.scope);
  leaveTargets(parts, session, targets);
  await session.say(dialect.sockets.done(request, null));
}
