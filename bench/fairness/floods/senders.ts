/** Very many senders of one tenant. */
import { ask, makeTenant } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const SENDERS = 200;
const INBOXES = 10;

export const senders: Flood = {
  name: "senders",
  promise: `${SENDERS} sends at once of one tenant slow only themselves`,
  async prepare(target) {
    const { key, inboxes } = await makeTenant(target, "sender", INBOXES);
    return { key, inboxes };
  },
  async start(target, { key, inboxes }) {
    const all = Array.isArray(inboxes) ? inboxes : [];
    return startLanes(SENDERS, async ({ index, done }) => {
      const [from, to] = [all[index % INBOXES], all[(index + 1) % INBOXES]];
      await ask(target, String(key), `/inboxes/${from}/messages/send`, { to, subject: "x", text: "x" });
      done();
    });
  },
};
