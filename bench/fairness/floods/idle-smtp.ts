/** SMTP sessions that say nothing, from four networks. */
import { openSession } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { HOLD_AGAIN_MS, startLanes } from "../lanes.ts";

const SESSIONS = 200;
const ADDRESSES = ["127.0.12.1", "127.0.13.1", "127.0.14.1", "127.0.15.1"];

export const idleSmtp: Flood = {
  name: "idle-smtp",
  promise: `${SESSIONS} idle SMTP sessions from ${ADDRESSES.length} addresses keep nobody else out`,
  prepare: async () => ({}),
  async start({ smtpPort }) {
    return startLanes(
      SESSIONS,
      async ({ index, done }) => {
        const session = await openSession(smtpPort, ADDRESSES[index % ADDRESSES.length]);
        done();
        while ((await session.reply()) !== "");
        throw new Error("closed, to be opened again after a pause");
      },
      HOLD_AGAIN_MS,
    );
  },
};
