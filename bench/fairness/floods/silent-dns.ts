/** Webhook endpoints at names whose name server is silent. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Flood } from "../flood.ts";
import { mailsToEndpoints, tenantWithEndpoints } from "../many-endpoints.ts";

const ENDPOINTS = 40;
/** Taken by the generator's process, and by nobody on a machine of a bench. */
const [HOST, PORT] = ["127.0.16.1", 15_353] as const;

export const silentDns: Flood = {
  name: "silent-dns",
  promise: `${ENDPOINTS} endpoints of one tenant at names that no server answers for delay nobody else's webhooks`,
  settings: async () => ({ ROOKERY_DNS_SERVERS: `${HOST}:${PORT}` }),
  prepare: (target) =>
    tenantWithEndpoints(target, "silent-dns", ENDPOINTS, (index) => `http://silent-${index}.bench.test/`),
  async start(target, prepared) {
    const socket = createSocket("udp4");
    socket.on("message", () => undefined);
    socket.bind(PORT, HOST);
    await once(socket, "listening");
    return mailsToEndpoints(target, prepared);
  },
};
