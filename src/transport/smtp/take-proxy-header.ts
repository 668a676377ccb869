/** Reads the PROXY protocol header that a proxy sends first, and leaves what follows to be read. */
import type { Socket } from "node:net";
import { readProxyHeader } from "../../protocols/address/proxy-header.ts";

/** @returns the client's address; null when the proxy names none @throws Error when there is no header, or the socket ends before it */
export function takeProxyHeader(socket: Socket): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  let bytes = Buffer.alloc(0);
  const settle = (act: () => void): void => {
    // Before anything is put back, which is readable again.
    socket.off("readable", read).off("close", ended).off("end", ended).off("error", failed);
    act();
  };
  const read = (): void => {
    // No encoding is set, so that these are bytes.
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    bytes = Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header.kind === "invalid") settle(() => reject(new Error("a proxy sent no PROXY protocol header")));
    if (header.kind !== "header") return;
    const rest = bytes.subarray(header.lengthBytes);
    settle(() => {
      if (rest.length > 0) socket.unshift(rest);
      resolve(header.address);
    });
  };
  const ended = (): void =>
    settle(() => reject(new Error("the socket ended before its PROXY protocol header")));
  const failed = (error: Error): void => settle(() => reject(error));
  socket.on("readable", read).on("error", failed).on("close", ended).on("end", ended);
  return promise;
}
