/** The worker of mail for other servers, and those servers, for tests that wait for what becomes of mail. */
import { sql } from "kysely";
import { systemScope } from "../../src/domain/door/access/index.ts";
import {
  type Delivery,
  listDeliveries,
  type TriedRecipient,
} from "../../src/domain/transit/outbound/index.ts";
import { sendMessage } from "../../src/domain/transit/sends/index.ts";
import type { OutgoingMail } from "../../src/egress/smtp/outcome.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import type { TurnTaking } from "../../src/lib/turn-taking.ts";
import { createOutboundSending, type OutboundLimits } from "../../src/workers/outbound/send-outbound.ts";
import type { Carrier } from "../../src/workers/outbound/transport.ts";
import { eventually } from "./eventually.ts";
import type { TestDoor } from "./test-door.ts";

export const unlimited: OutboundLimits = {
  connections: 100,
  destinationPerMinute: null,
  podPerMinute: null,
  warmUp: null,
};

/** @param carrier null: what is queued is captured */
export function outboundOf(
  t: TestDoor,
  carrier: Carrier | null,
  { limits = unlimited, clock = systemClock }: { limits?: OutboundLimits; clock?: Clock } = {},
): TurnTaking {
  const warn = (reason: string, error: unknown): never => {
    throw new Error(reason, { cause: error });
  };
  return createOutboundSending({ door: t.door, database: t.database, warn, clock, carrier, limits });
}

/** Captures what the pod has queued for other servers. */
export async function capture(t: TestDoor, podId: string): Promise<void> {
  const outbound = outboundOf(t, null);
  outbound.wake(podId);
  await outbound.stop();
}

export const accepted = (address: string): TriedRecipient => ({
  ...{ address, kind: "accepted", code: 250, enhancedCode: "2.0.0", reply: "taken" },
  fault: null,
  isDoubtful: false,
});
export const refused = (address: string): TriedRecipient => ({
  ...{ address, kind: "refused", code: 550, enhancedCode: "5.1.1", reply: "no such user" },
  fault: "mailbox",
  isDoubtful: false,
});
export const deferred = (address: string): TriedRecipient => ({
  ...{ address, kind: "deferred", code: 450, enhancedCode: "4.2.0", reply: "450 4.2.0 greylisted" },
  fault: "policy",
  isDoubtful: false,
});

export interface Peer extends Carrier {
  readonly taken: OutgoingMail[];
}

/** Other servers, in the process: what each says of a recipient. */
export function peer(
  says: (address: string, mail: OutgoingMail) => TriedRecipient | Promise<TriedRecipient>,
  perDestination = 10,
): Peer {
  const taken: OutgoingMail[] = [];
  return {
    ...{ taken, perDestination, isSmarthost: false, destinationOf: (domain) => domain },
    async send(mail) {
      const recipients = await Promise.all(mail.recipients.map((address) => says(address, mail)));
      if (recipients.some(({ kind }) => kind === "accepted")) taken.push(mail);
      return { recipients, mx: `mx.${mail.domain}`, mxAddress: "192.0.2.1", tls: "TLSv1.3", at: new Date() };
    },
    close: () => undefined,
  };
}

export interface Sender {
  readonly pod: string;
  readonly inbox: string;
  send(...to: readonly string[]): Promise<string>;
}

export async function sender(t: TestDoor): Promise<Sender> {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const send = async (...to: readonly string[]): Promise<string> =>
    (await t.run(t.rootToken, sendMessage, { inbox }, { to, text: "Hi", idempotencyKey: null })).messageId;
  return { pod, inbox, send };
}

const page = { size: 100, after: null, ascending: true };
export const deliveriesOf = async (t: TestDoor, pod: string): Promise<readonly Delivery[]> =>
  (await t.run(t.rootToken, listDeliveries, { pod }, { page })).items;

/** What became of a message that was sent, in order: events of it but for that of the sending. */
export const outboundEventsOf = async (t: TestDoor, messageId: string) => {
  const { rows } = await t.behind((tx) =>
    sql<{ type: string; data: unknown }>`select type, data from events
      where message_uuid = ${messageId.slice(1, 37)} and type <> 'message.sent' order by id`.execute(
      tx.within(systemScope),
    ),
  );
  return rows;
};

/** Lets what is queued in the pod be tried once, whatever it waits for. */
export async function attempt(t: TestDoor, pod: string, carrier: Carrier): Promise<void> {
  await makeDue(t, pod);
  const outbound = outboundOf(t, carrier);
  outbound.wake(pod);
  await eventually("nothing is due or under way", async () => {
    const { rows } = await t.behind((tx) =>
      sql`select from outbound_deliveries where pod_id = ${pod} and domain is not null and (state = 'sending'
        or state in ('queued', 'deferred') and next_attempt_at <= now())`.execute(tx.within(systemScope)),
    );
    return rows.length === 0;
  });
  await outbound.stop();
}

const makeDue = (t: TestDoor, pod: string) =>
  t.behind((tx) =>
    sql`update outbound_deliveries set next_attempt_at = now() - interval '1 second'
      where pod_id = ${pod} and domain is not null and state in ('queued', 'deferred', 'sending')`.execute(
      tx.within(systemScope),
    ),
  );
