/** Agents that sign up by themselves, without a key, from 200 networks. */
import { once } from "node:events";
import { request } from "node:http";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";
import { addressOf } from "../networks.ts";

const LANES = 200;

export const signUps: Flood = {
  name: "sign-ups",
  promise: `${LANES} callers without a key that sign up, each of another network, slow nobody`,
  settings: async () => ({ ROOKERY_SIGN_UP: "1" }),
  prepare: async () => ({}),
  async start({ baseUrl }) {
    let asked = 0;
    return startLanes(LANES, async ({ index, done }) => {
      const name = `agent-${asked++}`;
      const asking = request(`${baseUrl}/v0/agent/sign-up`, {
        method: "POST",
        agent: false,
        localAddress: addressOf(index),
        headers: { "content-type": "application/json" },
      });
      asking.end(JSON.stringify({ human_email: `${name}@bench.test`, username: name }));
      const [answer] = await once(asking, "response");
      answer.resume();
      await once(answer, "end");
      done();
    });
  },
};
