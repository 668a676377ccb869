/** Enumeration of addresses by RCPT TO, from one address, as fast as it is answered. */
import { openSession } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const SESSIONS = 20;
/** RCPT TO in one pipelined group. */
const GROUP = 40;

export const recipientGuesses: Flood = {
  name: "recipient-guesses",
  promise: `${SESSIONS} sessions that guess addresses slow nobody, and learn little`,
  prepare: async () => ({}),
  async start({ smtpPort }) {
    return startLanes(SESSIONS, async ({ index, isOver, done }) => {
      const session = await openSession(smtpPort, "127.0.16.1");
      await session.command("MAIL FROM:<a@outside.test>");
      for (let group = 0; !isOver(); group++) {
        const names = Array.from({ length: GROUP }, (_, name) => `guess-${index}-${group}-${name}`);
        session.write(names.map((name) => `RCPT TO:<${name}@rookery.localhost>\r\n`).join(""));
        for (let reply = 0; reply < GROUP; reply++) {
          if (!/^5/.test(await session.reply())) throw new Error("ended");
          done();
        }
      }
      session.close();
    });
  },
};
