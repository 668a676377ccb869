/** Servers on real sockets for one test, which answer as well or as badly as it wants. */
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";

/** The answer of `raw` servers that are well. */
export const rawOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

export interface Sockets {
  /** Starts the server on a free port, which it gives. */
  open(server: Server, host?: string): Promise<number>;
  /** Port of a server that answers HTTP. */
  http(answer: RequestListener): Promise<number>;
  /** Port of a server that is given each connection's bytes as they come; connections count from 1. */
  raw(onData: (socket: Socket, text: string, connection: number) => void): Promise<number>;
  /** Does `act` at the end, before what was opened earlier is closed. */
  atEnd(act: () => unknown): void;
  end(): Promise<void>;
}

export function openSockets(): Sockets {
  const ends: (() => unknown)[] = [];
  async function open(server: Server, host = "127.0.0.1"): Promise<number> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }
  return {
    open,
    http: (answer) => open(createHttpServer(answer)),
    raw(onData) {
      let connections = 0;
      return open(
        createTcpServer((socket) => {
          const connection = ++connections;
          socket.on("data", (data) => onData(socket, data.toString("latin1"), connection));
        }),
      );
    },
    atEnd: (act) => void ends.push(act),
    async end() {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}
