/**
 * Connections whose clients have stopped reading. TCP keeps such a connection for ever, and Node's own timeout is put off by each byte that the client
 * sends: whoever asks for a megabyte, which needs no key, and reads none of it would hold a place for as long as he likes.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Looks at a connection in the time that its client has. */
const LOOKS = 4;

interface Answering {
  /** Requests without a whole answer. */
  requests: number;
  /** Bytes that the system had taken when it was last seen to take some. */
  taken: number;
  takenAt: number;
}

/** Ends a connection when there is something to be read, and the client has read none of it for `unreadMs` milliseconds. */
export function endUnread(server: Server, unreadMs: number, monotonicMs: () => number): void {
  const connections = new Map<Socket, Answering>();
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    const answering = connections.get(socket) ?? { requests: 0, taken: 0, takenAt: monotonicMs() };
    answering.requests++;
    connections.set(socket, answering);
    response.once("close", () => {
      if (--answering.requests === 0) connections.delete(socket);
    });
  });
  const look = (): void => {
    const now = monotonicMs();
    for (const [socket, answering] of connections) {
      const { taken, waiting } = writtenTo(socket);
      if (waiting === 0 || taken !== answering.taken) Object.assign(answering, { taken, takenAt: now });
      else if (now - answering.takenAt >= unreadMs) socket.destroy();
    }
  };
  const timer = setInterval(look, unreadMs / LOOKS).unref();
  server.once("close", () => clearInterval(timer));
}

/** Bytes that the system has taken of those written to a connection, and those that wait for it. */
function writtenTo(socket: Socket): { readonly taken: number; readonly waiting: number } {
  // Cast: Node's own, and nobody's promise; a chunk counts in what it says publicly when it is written whole. Where it is not there, nothing is ended.
  const { _handle: handle } = socket as {
    _handle?: { bytesWritten?: number; writeQueueSize?: number } | null;
  };
  const waiting = handle?.writeQueueSize ?? 0;
  return { taken: (handle?.bytesWritten ?? 0) - waiting, waiting };
}
