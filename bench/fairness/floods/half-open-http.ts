/** Connections that begin a request and never end it, from one address. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Flood } from "../flood.ts";
import { HOLD_AGAIN_MS, startLanes } from "../lanes.ts";

const CONNECTIONS = 10_500;

export const halfOpenHttp: Flood = {
  name: "half-open-http",
  promise: `${CONNECTIONS} half requests from one address keep nobody else out`,
  prepare: async () => ({}),
  async start({ baseUrl }) {
    const port = Number(new URL(baseUrl).port);
    return startLanes(
      CONNECTIONS,
      async ({ done }) => {
        const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.11.1" });
        await once(socket, "connect");
        done();
        socket.write("GET /v0/inboxes HTTP/1.1\r\nHost: x\r\n");
        socket.resume();
        await once(socket, "close");
        throw new Error("closed, to be opened again after a pause");
      },
      HOLD_AGAIN_MS,
    );
  },
};
