/** Requests with a key that does not exist whose bodies come an octet a second, from 200 networks. */
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";
import { addressOf } from "../networks.ts";

const CONNECTIONS = 12_000;
const [DRIP_MS, AGAIN_MS] = [1000, 100];
const HEAD = [
  "POST /v0/inboxes/nobody/messages/send HTTP/1.1",
  "Host: x",
  "Authorization: Bearer am_us_none",
  "Content-Length: 500000",
  "",
  "",
].join("\r\n");

export const slowBodies: Flood = {
  name: "slow-bodies",
  promise: `${CONNECTIONS} connections whose bodies drip, from 200 networks, leave places for everybody else's`,
  prepare: async () => ({}),
  async start({ baseUrl }) {
    const port = Number(new URL(baseUrl).port);
    return startLanes(
      CONNECTIONS,
      async ({ index, done, isOver }) => {
        const socket = connect({ port, host: "127.0.0.1", localAddress: addressOf(index) });
        socket.on("error", () => undefined);
        socket.resume();
        socket.write(HEAD);
        done();
        while (!socket.destroyed && !isOver()) {
          await pause(DRIP_MS);
          socket.write("x");
        }
        throw new Error("closed, to be opened again after a pause");
      },
      AGAIN_MS,
    );
  },
};
