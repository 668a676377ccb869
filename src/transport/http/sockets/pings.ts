/** Finds sockets whose peer is gone, whose key has expired, or that listen to nothing for too long. */
import type { Clock } from "../../../lib/clock.ts";
import { SOCKET_IDLE_MS } from "../limits.ts";
import { CLOSE, type Session } from "./session.ts";

/** A socket that is opened while a round is under way is looked at in the next. */
export const LOOKS_AHEAD = 2;

/** Each socket is looked at once in `everyMs`, a part of them in each of the turns that this is divided into. */
export function startPings(
  sessions: ReadonlySet<Session>,
  clock: Clock,
  { everyMs, turns }: { readonly everyMs: number; readonly turns: number },
): { stop(): void } {
  let round: Session[] = [];
  let turn = 0;
  const timer = setInterval(() => {
    if (turn === 0) round = [...sessions];
    const size = Math.ceil(round.length / turns);
    for (const session of round.slice(turn * size, (turn + 1) * size)) lookAt(session, clock, everyMs);
    turn = (turn + 1) % turns;
  }, everyMs / turns);
  return { stop: () => clearInterval(timer) };
}

function lookAt(session: Session, clock: Clock, everyMs: number): void {
  const { socket, targets, openedAt } = session;
  if (!session.isOpen) return;
  if (!session.isAlive) return void socket.terminate();
  session.endAtExpiry(clock, LOOKS_AHEAD * everyMs);
  if (targets.size === 0 && clock.now().getTime() - openedAt.getTime() > SOCKET_IDLE_MS)
    return void session.close(CLOSE.refused, "nothing was subscribed to");
  session.isAlive = false;
  session.forgetControlFrames();
  // Behind what it has not read there is no point in asking.
  socket.ping();
}
