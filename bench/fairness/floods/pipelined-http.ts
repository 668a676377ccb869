/** Connections that send as many requests as fit into a packet, without a key, from one address. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const LANES = 4;
const REQUESTS = "GET / HTTP/1.1\r\nHost:x\r\n\r\n".repeat(2500);

export const pipelinedHttp: Flood = {
  name: "pipelined-http",
  promise: `${LANES} peers that send 2,500 requests in one packet, again and again, delay nobody`,
  prepare: async () => ({}),
  async start({ baseUrl }) {
    const port = Number(new URL(baseUrl).port);
    return startLanes(LANES, async ({ done }) => {
      const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.12.1" });
      await once(socket, "connect");
      socket.on("error", () => undefined);
      socket.write(REQUESTS);
      socket.resume();
      await once(socket, "close");
      done();
    });
  },
};
