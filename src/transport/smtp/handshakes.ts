/**
 * TLS handshakes after STARTTLS. With an RSA key of 2,048 bits the server's part takes the event loop one to three milliseconds in one piece, of whoever asks for
 * it, and a ClientHello that was recorded once costs its sender nothing. So each is a piece of work of strangers: it begins when the client's
 * first words are there, so that who says none holds nothing up.
 */
import type { Socket } from "node:net";
import { type LoopTurns, LoopTurnsFull } from "../../lib/loop-turns.ts";
import { createStrangersTurns } from "../../lib/strangers-turns.ts";

/** Runs `begin`, which makes a TLS socket of the client's, in a turn of the event loop; destroys the socket when as many of its network wait as may. */
export type Handshake = (network: string, socket: Socket, begin: () => void) => Promise<void>;

/** @param maxWaiting of one network */
export function createHandshakes(
  turns: Pick<LoopTurns, "during" | "current" | "resume">,
  maxWaiting: number,
): Handshake {
  const inTurn = createStrangersTurns(turns, { tenant: "TLS handshakes", atOnce: 1, maxWaiting });
  return async (network, socket, begin) => {
    await firstRecord(socket);
    try {
      await inTurn(network, async () => {
        const work = turns.current() ?? null;
        // A TLS socket reads what came before it was made in the next tick. What others began in this turn may come before that.
        process.nextTick(() => turns.resume(work));
        if (!socket.destroyed) begin();
        await new Promise<void>((resolve) => process.nextTick(resolve));
      });
    } catch (error) {
      if (!(error instanceof LoopTurnsFull)) throw error;
      socket.destroy();
    }
  };
}

/** Octets of a record's header, and where the length of what follows stands in it (RFC 8446 section 5.1). */
const [HEADER, LENGTH_AT] = [5, 3] as const;
/** Octets that a record of plaintext may have behind its header. Whatever says more is no TLS, and refused as such. */
const MAX_RECORD = 2 ** 14;

/** Resolves when the socket has a whole record to read, or what is none, and leaves it there; or when no more will come. */
function firstRecord(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    let read = Buffer.alloc(0);
    const look = (): void => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read())
        read = Buffer.concat([read, chunk]);
      if (isWhole(read)) done();
    };
    const done = (): void => {
      socket.off("readable", look);
      for (const event of ["end", "close"]) socket.off(event, done);
      if (read.length > 0 && !socket.destroyed && !socket.readableEnded) socket.unshift(read);
      resolve();
    };
    socket.on("readable", look);
    for (const event of ["end", "close"]) socket.once(event, done);
    look();
  });
}

function isWhole(read: Buffer): boolean {
  if (read.length < HEADER) return false;
  const length = read.readUInt16BE(LENGTH_AT);
  return length > MAX_RECORD || read.length >= HEADER + length;
}
