/** Messages that come as slowly as they may, from 200 networks: none of them is silent, and none ever ends. */
import { setTimeout as pause } from "node:timers/promises";
import { makeTenant, openSession } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";
import { addressOf } from "../networks.ts";

const SESSIONS = 400;
/** Bytes a second, a tenth more than DATA must bring. */
const DRIP = `${"x".repeat(298)}\r\n`;
const [DRIP_MS, AGAIN_MS] = [1000, 200];

export const drippingData: Flood = {
  name: "dripping-data",
  promise: `${SESSIONS} messages that drip, from 200 networks, leave places for everybody else's`,
  prepare: async (target) => ({ inboxes: (await makeTenant(target, "dripping", 1)).inboxes }),
  async start({ smtpPort }, { inboxes }) {
    return startLanes(
      SESSIONS,
      async ({ index, done, isOver }) => {
        const session = await openSession(smtpPort, addressOf(index));
        await session.command("MAIL FROM:<a@outside.test>");
        await session.command(`RCPT TO:<${String(inboxes)}>`);
        if (!(await session.command("DATA")).startsWith("354")) throw new Error("refused");
        done();
        let isOpen = true;
        void session.reply().then(() => {
          isOpen = false;
        });
        while (isOpen && !isOver()) {
          session.write(DRIP);
          await pause(DRIP_MS);
        }
        session.close();
      },
      AGAIN_MS,
    );
  },
};
