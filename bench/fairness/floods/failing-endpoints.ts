/** Webhook endpoints that refuse every request: the backlog of what is to be tried again grows by thousands. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { Flood } from "../flood.ts";
import { mailsToEndpoints, tenantWithEndpoints } from "../many-endpoints.ts";

const ENDPOINTS = 100;
const [HOST, PORT] = ["127.0.16.3", 15_381] as const;

export const failingEndpoints: Flood = {
  name: "failing-endpoints",
  promise: `the retries of ${ENDPOINTS} endpoints of one tenant delay nobody else's webhooks`,
  prepare: (target) =>
    tenantWithEndpoints(target, "failing", ENDPOINTS, (index) => `http://${HOST}:${PORT}/${index}`),
  async start(target, prepared) {
    const receiver = createServer((request, response) => {
      request.resume();
      response.writeHead(500).end();
    });
    receiver.listen(PORT, HOST);
    await once(receiver, "listening");
    return mailsToEndpoints(target, prepared);
  },
};
