/** Requests that come before those in front of them were answered. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { MAX_PIPELINED_REQUESTS } from "./limits.ts";
import type { Shares } from "./shares.ts";

/**
 * Requests of a connection are answered one after the other, as their answers have to be sent in that order (RFC 9112 section 9.3.2): a packet of them is no more work at
 * once than one request. One pipelined beyond the bound ends its connection, and what else came in the same packet is dropped with it. Its peer may ask again, when it
 * finds out: late, since reading heads is work that costs its sender nothing, and is nobody's yet.
 */
export function createPipeline({
  endLate,
}: Pick<Shares, "endLate">): (
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => void,
) => void {
  /** What waits, behind the one that is under way. */
  const waiting = new WeakMap<Socket, (() => void)[]>();
  const ending = new WeakSet<Socket>();
  const end = (request: IncomingMessage): void => {
    const { socket } = request;
    ending.add(socket);
    waiting.delete(socket);
    stopReading(socket);
    endLate(request, () => socket.destroy());
  };
  return (request, response, answer) => {
    const { socket } = request;
    if (socket.destroyed || ending.has(socket)) return;
    response.once("close", () => {
      const next = waiting.get(socket)?.shift();
      if (next === undefined) waiting.delete(socket);
      else if (!socket.destroyed) next();
    });
    const others = waiting.get(socket);
    if (others === undefined) {
      waiting.set(socket, []);
      answer();
    } else if (others.length + 1 < MAX_PIPELINED_REQUESTS) others.push(answer);
    else end(request);
  };
}

/**
 * Node makes a request of each head that came in the same packet, though the connection is destroyed: of 64 KB 3,600, which took the event loop for 80 ms and more.
 * Nothing public ends that. 2 is what its parser is told when another protocol follows, and then it reads no further.
 */
function stopReading(socket: Socket): void {
  // Cast: Node's own, and nobody's promise. Where it is not there, they are read as ever.
  const { parser } = socket as { parser?: { onIncoming?: unknown } | null };
  if (parser != null) parser.onIncoming = () => 2;
  socket.pause();
}
