/** Messages that are begun and never ended, from one address. */
import { makeTenant, openSession } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { HOLD_AGAIN_MS, startLanes } from "../lanes.ts";

const SESSIONS = 50;
/** Of each, before it falls silent: all together fill the memory for unfinished mail. */
const BYTES = 6 * 1024 * 1024;

export const silentData: Flood = {
  name: "silent-data",
  promise: `${SESSIONS} unfinished messages of one address leave room for everybody else's`,
  prepare: async (target) => ({ inboxes: (await makeTenant(target, "silent", 1)).inboxes }),
  async start({ smtpPort }, { inboxes }) {
    const line = `${"x".repeat(998)}\r\n`;
    return startLanes(
      SESSIONS,
      async ({ done }) => {
        const session = await openSession(smtpPort, "127.0.17.1");
        await session.command("MAIL FROM:<a@outside.test>");
        await session.command(`RCPT TO:<${String(inboxes)}>`);
        if (!(await session.command("DATA")).startsWith("354")) throw new Error("refused");
        session.write(`Subject: x\r\n\r\n${line.repeat(BYTES / line.length)}`);
        done();
        while ((await session.reply()) !== "");
        throw new Error("closed, to be opened again after a pause");
      },
      HOLD_AGAIN_MS,
    );
  },
};
