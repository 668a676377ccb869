/** How the driver's sockets are read: long answers in turns with other work. */
import type { Socket } from "node:net";
import type pg from "pg";

/** What the reader of a connection's answers asks about whom they are for. */
export interface ReadTurns {
  /** Whether what else is sent on it is to be read in turn with others. */
  isAhead(client: pg.PoolClient): boolean;
  /** Whether others are to go on before it. */
  yields(client: pg.PoolClient): boolean;
}

/** Cast: the driver's own socket, which its types do not name. */
export const socketOf = (client: pg.ClientBase): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;

/** Bytes that Node reads from a socket at once: a chunk of so many says that there are more. */
const FULL_READ_BYTES = 64 * 1024;
/** Milliseconds that the answers to one who is ahead of its pace lie unread at most while others are at work, and between two looks at whether they are. */
const [MAX_UNREAD_MS, LOOK_MS] = [20, 1] as const;

/**
 * Has the event loop do other work between two chunks of long results: of all connections one goes on in each turn. Node reads up
 * to 32 chunks in one turn, and parsing the rows of a page of a thousand messages would hold everybody for ten milliseconds and
 * more, those of eight such pages at once for eight times that. All that is answered to one who is ahead of its pace is read in these turns, and
 * behind what those who keep theirs have under way: with each answer its work goes on.
 */
export function createReadTurns({ isAhead, yields }: ReadTurns): (client: pg.PoolClient) => void {
  const paused: { readonly client: pg.PoolClient; readonly at: number }[] = [];
  const isNext = ({ client, at }: (typeof paused)[number]): boolean =>
    performance.now() - at > MAX_UNREAD_MS || !yields(client);
  const goOn = (): void => {
    const next = paused.findIndex(isNext);
    for (const { client } of next < 0 ? [] : paused.splice(next, 1)) socketOf(client).resume();
    if (paused.length > 0) wait(next < 0);
  };
  const wait = (isHeldUp: boolean): void => void (isHeldUp ? setTimeout(goOn, LOOK_MS) : setImmediate(goOn));
  return (client) => {
    const stream = socketOf(client);
    // The driver's listener, which parses, comes before this one.
    stream.on("data", (chunk: Buffer) => {
      if (chunk.length < FULL_READ_BYTES && !isAhead(client)) return;
      stream.pause();
      if (paused.push({ client, at: performance.now() }) === 1) wait(false);
    });
  };
}
