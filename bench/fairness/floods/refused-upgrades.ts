/** Requests for WebSockets with keys that do not exist, from 200 networks, each on a connection of its own. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";
import { addressOf } from "../networks.ts";

const LANES = 200;

const head = (): string =>
  [
    `GET /v0?api_key=am_us_${randomBytes(32).toString("hex")} HTTP/1.1`,
    "Host: x",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ].join("\r\n");

export const refusedUpgrades: Flood = {
  name: "refused-upgrades",
  promise: `${LANES} callers whose WebSockets are refused, each of another network, slow nobody`,
  prepare: async () => ({}),
  async start({ baseUrl }) {
    const port = Number(new URL(baseUrl).port);
    return startLanes(LANES, async ({ index, done }) => {
      const socket = connect({ port, host: "127.0.0.1", localAddress: addressOf(index) });
      socket.on("error", () => undefined);
      socket.write(head());
      await once(socket, "data");
      done();
      socket.destroy();
    });
  },
};
