/** A line to the test's PostgreSQL over TCP that can fail in the ways of networks and failovers. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { openSockets } from "./sockets.ts";

export interface DatabaseLine {
  /** For DATABASE_URL. */
  readonly url: string;
  /** Connections that are open now go on, and nothing passes on them any more, in either direction. */
  silence(): void;
  /** What happens to new connections: they pass, are refused at once, or are taken and never answered. */
  admit(how: "pass" | "refuse" | "ignore"): void;
  /** Ends the connection instead of passing on an answer that has these bytes, such as the name of a column, whenever `isCut` says so. */
  cutAnswers(bytes: string, isCut: () => boolean): void;
  /** Answers that were cut. */
  readonly cuts: () => number;
  end(): Promise<void>;
}

/** CommandComplete of a COMMIT: its tag byte, its length, its text. */
export const COMMITTED = "C\0\0\0\x0bCOMMIT\0";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isSilent: boolean;
}

/** @param databaseUrl of the database behind it */
export async function openDatabaseLine(databaseUrl: string): Promise<DatabaseLine> {
  const sockets = openSockets();
  const pairs = new Set<Pair>();
  let admission: "pass" | "refuse" | "ignore" = "pass";
  let marked = { bytes: "", isCut: (): boolean => false };
  let cuts = 0;

  const pass = (near: Socket): void => {
    const pair: Pair = { near, far: farEnd(databaseUrl), isSilent: false };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      pair.far.destroy();
    };
    for (const socket of [near, pair.far]) {
      socket.on("error", () => undefined);
      // A silent line does not tell one end that the other has gone.
      socket.on("close", () => void (pair.isSilent ? pairs.delete(pair) : end()));
    }
    near.on("data", (chunk) => void (pair.isSilent || pair.far.write(chunk)));
    pair.far.on("data", (chunk) => {
      if (pair.isSilent) return;
      if (!chunk.includes(marked.bytes, 0, "latin1") || !marked.isCut()) return void near.write(chunk);
      cuts += 1;
      end();
    });
  };
  const server: Server = createServer((near) => {
    if (admission === "refuse") near.destroy();
    else if (admission === "pass") pass(near);
  });
  const port = await sockets.open(server);
  const url = new URL(databaseUrl);
  url.searchParams.delete("host");
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    silence() {
      for (const pair of pairs) pair.isSilent = true;
    },
    admit: (how) => {
      admission = how;
    },
    cutAnswers(bytes, isCut) {
      marked = { bytes, isCut };
    },
    cuts: () => cuts,
    async end() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await sockets.end();
    },
  };
}

function farEnd(databaseUrl: string): Socket {
  const url = new URL(databaseUrl);
  const host = url.searchParams.get("host") ?? url.hostname;
  const port = Number(url.port || 5432);
  return host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
}
