/** A tenant whose every mail is told to many endpoints. */
import { setTimeout as pause } from "node:timers/promises";
import { ask, makeTenant, openSession, sendMail } from "../client.ts";
import type { Prepared, Running, Target } from "./flood.ts";
import { startLanes } from "./lanes.ts";

/** Milliseconds between mails: each is as many deliveries as there are endpoints. */
const BETWEEN_MS = 100;

/** @param urlOf of the endpoint with this index */
export async function tenantWithEndpoints(
  target: Target,
  name: string,
  count: number,
  urlOf: (index: number) => string,
): Promise<Prepared> {
  const { pod, key, inboxes } = await makeTenant(target, name, 1);
  for (let index = 0; index < count; index++)
    await ask(target, key, `/pods/${pod}/webhooks`, { url: urlOf(index), event_types: ["message.received"] });
  return { inbox: inboxes[0] ?? "", endpoints: count };
}

/** Mails to the tenant's inbox; what is counted are the deliveries that follow. */
export function mailsToEndpoints(target: Target, { inbox, endpoints }: Prepared): Running {
  let sent = 0;
  return startLanes(1, async ({ done, isOver }) => {
    const session = await openSession(target.smtpPort, "127.0.16.9");
    while (!isOver()) {
      await sendMail(session, [String(inbox)], `<flood-${sent++}@bench.test>`);
      done(Number(endpoints));
      await pause(BETWEEN_MS);
    }
    session.close();
  });
}
