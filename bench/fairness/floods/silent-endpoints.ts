/** Webhook endpoints that take every request and answer none. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { Flood } from "../flood.ts";
import { mailsToEndpoints, tenantWithEndpoints } from "../many-endpoints.ts";

const ENDPOINTS = 100;
const [HOST, PORT] = ["127.0.16.2", 15_380] as const;

export const silentEndpoints: Flood = {
  name: "silent-endpoints",
  promise: `${ENDPOINTS} endpoints of one tenant that never answer delay nobody else's webhooks`,
  prepare: (target) =>
    tenantWithEndpoints(target, "silent", ENDPOINTS, (index) => `http://${HOST}:${PORT}/${index}`),
  async start(target, prepared) {
    const receiver = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.resume();
    });
    receiver.listen(PORT, HOST);
    await once(receiver, "listening");
    return mailsToEndpoints(target, prepared);
  },
};
