/** One tenant reads a thread whose messages have long bodies. */
import { ask, makeTenant } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const LANES = 8;
const MESSAGES = 12;
const TEXT = "A word or two. ".repeat(25_000);

export const longThreads: Flood = {
  name: "long-threads",
  promise: `${LANES} readers of a thread of ${MESSAGES} messages of 375 KB slow only themselves`,
  async prepare(target) {
    const { key, inboxes } = await makeTenant(target, "threads", 1);
    const path = `/inboxes/${inboxes[0]}/messages`;
    const first = await ask(target, key, `${path}/send`, { to: "a@outside.test", text: TEXT });
    let last = String(first["message_id"]);
    for (let index = 1; index < MESSAGES; index++)
      last = String(
        (await ask(target, key, `${path}/${encodeURIComponent(last)}/reply`, { text: TEXT }))["message_id"],
      );
    return { key, thread: String(first["thread_id"]) };
  },
  async start(target, { key, thread }) {
    return startLanes(LANES, async ({ done }) => {
      await ask(target, String(key), `/threads/${thread}`);
      done();
    });
  },
};
