/** One tenant sends from one inbox of its own to another as fast as it is answered. */
import { ask, makeTenant } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const SENDERS = 16;

export const localBurst: Flood = {
  name: "local-burst",
  promise: `a tenant that sends to itself, ${SENDERS} at a time, delays nobody else's mail`,
  async prepare(target) {
    const { key, inboxes } = await makeTenant(target, "burst", 2);
    return { key, inboxes };
  },
  async start(target, { key, inboxes }) {
    // Cast: as prepared.
    const [from, to] = inboxes as readonly string[];
    return startLanes(SENDERS, async ({ done }) => {
      await ask(target, String(key), `/inboxes/${from}/messages/send`, { to, text: "x".repeat(2000) });
      done();
    });
  },
};
