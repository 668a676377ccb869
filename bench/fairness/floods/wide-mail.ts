/** Mail to very many recipients of one tenant. */
import { makeTenant, openSession, sendMail } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const SESSIONS = 40;
const RECIPIENTS = 60;

export const wideMail: Flood = {
  name: "wide-mail",
  promise: `${SESSIONS} SMTP sessions with ${RECIPIENTS} recipients a mail slow only their tenant`,
  prepare: async (target) => ({ inboxes: (await makeTenant(target, "wide", RECIPIENTS)).inboxes }),
  async start({ smtpPort }, { inboxes }) {
    const to = Array.isArray(inboxes) ? inboxes : [];
    return startLanes(SESSIONS, async ({ index, isOver, done }) => {
      const session = await openSession(smtpPort, "127.0.10.1");
      for (let mail = 0; !isOver(); mail++) {
        await sendMail(session, to, `<wide-${index}-${mail}-${performance.now()}@bench.test>`);
        done();
      }
      session.close();
    });
  },
};
