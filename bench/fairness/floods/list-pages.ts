/** One tenant reads the largest pages there are. */
import { ask, fillInbox, makeTenant } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const LANES = 20;
const MESSAGES = 1000;

export const listPages: Flood = {
  name: "list-pages",
  promise: `${LANES} readers of pages of ${MESSAGES} messages slow only themselves`,
  async prepare(target) {
    const { key, inboxes } = await makeTenant(target, "reader", 1);
    const [inbox = ""] = inboxes;
    await fillInbox(target, inbox, MESSAGES);
    return { key, inbox };
  },
  async start(target, { key, inbox }) {
    return startLanes(LANES, async ({ done }) => {
      await ask(target, String(key), `/inboxes/${inbox}/messages?limit=${MESSAGES}`);
      done();
    });
  },
};
