/** Finds sockets whose peer is gone, whose key has expired, or that listen to nothing for too long. */
import type { Clock } from "../../../lib/clock.ts";
import { SOCKET_IDLE_MS, SOCKET_PING_MS, SOCKET_PING_TURNS } from "../limits.ts";
import { CLOSE, type Session } from "./session.ts";

/** Each socket is looked at once in SOCKET_PING_MS, a part of them in each turn. */
export function startPings(sessions: ReadonlySet<Session>, clock: Clock): { stop(): void } {
  let round: Session[] = [];
  let turn = 0;
  const timer = setInterval(() => {
    if (turn === 0) round = [...sessions];
    const size = Math.ceil(round.length / SOCKET_PING_TURNS);
    for (const session of round.slice(turn * size, (turn + 1) * size)) lookAt(session, clock.now());
    turn = (turn + 1) % SOCKET_PING_TURNS;
  }, SOCKET_PING_MS / SOCKET_PING_TURNS);
  return { stop: () => clearInterval(timer) };
}

function lookAt(session: Session, now: Date): void {
  const { actor, socket, targets, openedAt } = session;
  if (!session.isOpen) return;
  if (!session.isAlive) return void socket.terminate();
  if (actor.expiresAt !== null && actor.expiresAt <= now)
    return void session.close(CLOSE.refused, "API key expired");
  if (targets.size === 0 && now.getTime() - openedAt.getTime() > SOCKET_IDLE_MS)
    return void session.close(CLOSE.refused, "nothing was subscribed to");
  session.isAlive = false;
  // Behind what it has not read there is no point in asking.
  socket.ping();
}
