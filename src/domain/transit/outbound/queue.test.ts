import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import * as support from "../../../../test/support/outbound.ts";
import {
  accepted,
  deferred,
  outboundEventsOf,
  outboundOf,
  peer,
  refused,
} from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { OutgoingMail } from "../../../egress/smtp/outcome.ts";
import { OUTAGE_MS } from "../../../workers/limits.ts";
import type { Carrier } from "../../../workers/outbound/transport.ts";
import { systemScope } from "../../door/access/index.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { deleteInbox, pauseInbox, resumeInbox } from "../../tenancy/inboxes/index.ts";
import { getQueue, type TriedRecipient } from "./index.ts";
import { MAX_OUTBOUND_BATCH } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const sender = (): Promise<support.Sender> => support.sender(t);
const attempt = (pod: string, carrier: Carrier): Promise<void> => support.attempt(t, pod, carrier);
const deliveriesOf = (pod: string) => support.deliveriesOf(t, pod);

it("a message has one delivery for each domain, whose recipients fare each as their server says", async () => {
  const { pod, send } = await sender();
  const id = await send("a@one.test", "b@one.test", "c@two.test");
  const carrier = peer((address) => (address === "b@one.test" ? refused(address) : accepted(address)));
  await attempt(pod, carrier);
  expect(carrier.taken.map(({ recipients }) => recipients)).toEqual(
    expect.arrayContaining([["a@one.test", "b@one.test"], ["c@two.test"]]),
  );
  expect(await deliveriesOf(pod)).toMatchObject([
    {
      ...{ domain: "one.test", state: "bounced", attempts: 1, doubts: 0, mx: "mx.one.test", tls: "TLSv1.3" },
      recipients: [
        { address: "a@one.test", state: "sent" },
        { address: "b@one.test", state: "bounced", enhancedCode: "5.1.1" },
      ],
      replyCode: 550,
      nextAttemptAt: null,
    },
    { domain: "two.test", state: "sent", reply: "taken" },
  ]);
  expect(await outboundEventsOf(t, id)).toEqual(
    expect.arrayContaining([
      { type: "message.delivered", data: { recipients: ["a@one.test"] } },
      { type: "message.delivered", data: { recipients: ["c@two.test"] } },
      {
        type: "message.bounced",
        data: {
          type: "Permanent",
          subType: "NoEmail",
          recipients: [{ address: "b@one.test", status: "5.1.1" }],
        },
      },
    ]),
  );
});

it("greylisted mail arrives on retry, and those who took it are not sent it again", async () => {
  const { pod, send } = await sender();
  await send("now@grey.test", "later@grey.test");
  await attempt(
    pod,
    peer((address) => (address.startsWith("later") ? deferred(address) : accepted(address))),
  );
  expect(await deliveriesOf(pod)).toMatchObject([{ state: "deferred", replyCode: 450, attempts: 1 }]);
  // Not before its time.
  const early = outboundOf(t, peer(accepted));
  early.wake(pod);
  await early.stop();
  expect(await deliveriesOf(pod)).toMatchObject([{ attempts: 1 }]);
  const carrier = peer(accepted);
  await attempt(pod, carrier);
  expect(carrier.taken.map(({ recipients }) => recipients)).toEqual([["later@grey.test"]]);
  expect(await deliveriesOf(pod)).toMatchObject([
    { state: "sent", attempts: 2, recipients: [{ state: "sent" }, { state: "sent" }] },
  ]);
});

it("what is deferred for five days bounces with the server's words, or fails when none ever answered", async () => {
  const { pod, send } = await sender();
  const id = await send("a@busy.test", "b@silent.test");
  await t.behind((tx) =>
    sql`update outbound_deliveries set expires_at = now() where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  await attempt(
    pod,
    peer((address) =>
      address === "a@busy.test"
        ? deferred(address)
        : { ...deferred(address), code: null, enhancedCode: null, reply: "no route" },
    ),
  );
  expect(await deliveriesOf(pod)).toMatchObject([
    { domain: "busy.test", state: "bounced", reply: "450 4.2.0 greylisted" },
    { domain: "silent.test", state: "failed", reply: "no route" },
  ]);
  const bounces = (await outboundEventsOf(t, id)).filter(({ type }) => type === "message.bounced");
  expect(bounces.map(({ data }) => data)).toEqual([
    { type: "Transient", subType: "General", recipients: [{ address: "a@busy.test", status: "4.2.0" }] },
    { type: "Transient", subType: "General", recipients: [{ address: "b@silent.test", status: "4.4.7" }] },
  ]);
});

it("a lease that ended is taken again and counted as in doubt, and its late outcome changes nothing", async () => {
  const { pod, send } = await sender();
  await send("a@slow.test");
  const gate = Promise.withResolvers<void>();
  const slow = peer(async (address) => {
    await gate.promise;
    return accepted(address);
  });
  const first = outboundOf(t, slow);
  first.wake(pod);
  await eventually("it is being sent", async () => (await deliveriesOf(pod))[0]?.state === "sending");
  // As when its process stood still for longer than the lease lasts.
  await attempt(pod, peer(deferred));
  expect(await deliveriesOf(pod)).toMatchObject([{ state: "deferred", attempts: 2, doubts: 1 }]);
  gate.resolve();
  await first.stop();
  expect(await deliveriesOf(pod)).toMatchObject([{ state: "deferred", attempts: 2, doubts: 2 }]);
});

it("an attempt whose row moves to another pod meanwhile is recorded there, and is not in doubt", async () => {
  const { pod, send } = await sender();
  const target = await t.seed.pod();
  await send("a@moving.test");
  const gate = Promise.withResolvers<void>();
  const outbound = outboundOf(
    t,
    peer(async (address) => {
      await gate.promise;
      return accepted(address);
    }),
  );
  outbound.wake(pod);
  await eventually("it is being sent", async () => (await deliveriesOf(pod))[0]?.state === "sending");
  await t.behind((tx) =>
    sql`update outbound_deliveries set pod_id = ${target} where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  gate.resolve();
  await outbound.stop();
  expect(await deliveriesOf(target)).toMatchObject([{ state: "sent", attempts: 1, doubts: 0 }]);
});

it("two processes at once send nothing twice", async () => {
  const { pod, send } = await sender();
  for (let n = 0; n < 20; n++) await send(`n${n}@twice.test`);
  const carrier = peer(accepted);
  const both = [outboundOf(t, carrier), outboundOf(t, carrier)];
  for (const one of both) one.wake(pod);
  await eventually("all are sent", async () =>
    (await deliveriesOf(pod)).every(({ state }) => state === "sent"),
  );
  await Promise.all(both.map((one) => one.stop()));
  expect(carrier.taken).toHaveLength(20);
  expect((await deliveriesOf(pod)).map(({ doubts }) => doubts)).toEqual(Array(20).fill(0));
});

it("one pod's many mails, and a domain that does not answer, delay nobody else's", async () => {
  const [flood, other] = [await sender(), await sender()];
  for (let n = 0; n < MAX_OUTBOUND_BATCH + 8; n++) await flood.send(`n${n}@tarpit.test`);
  await flood.send("own@quick.test");
  await other.send("one@tarpit.test");
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const carrier = peer(async (address, { tenant }) => {
    begun.push(address);
    if (address.endsWith("@tarpit.test") && tenant === flood.pod) await gate.promise;
    return accepted(address);
  }, 4);
  const outbound = outboundOf(t, carrier);
  outbound.wake(flood.pod);
  await eventually("the tarpit has what it may", async () => begun.length >= 2);
  outbound.wake(other.pod);
  await eventually("the other's mail", async () => (await deliveriesOf(other.pod))[0]?.state === "sent");
  await eventually("the pod's own mail to another domain", async () => {
    outbound.wake(flood.pod);
    return begun.includes("own@quick.test");
  });
  // Half of the domain's connections.
  expect(begun.filter((address) => /^n\d+@/.test(address))).toHaveLength(2);
  gate.resolve();
  await eventually("the flood", async () => {
    outbound.wake(flood.pod);
    return carrier.taken.length === MAX_OUTBOUND_BATCH + 10;
  });
  await outbound.stop();
});

it("a destination that cannot be reached is asked once, and what is for it is put off with the reason", async () => {
  const { pod, send } = await sender();
  for (let n = 0; n < 10; n++) await send(`n${n}@down.test`);
  let asked = 0;
  const carrier = peer((address) => {
    asked++;
    return { ...deferred(address), code: null, enhancedCode: "4.4.1", reply: "connection refused" };
  }, 2);
  await attempt(pod, carrier);
  expect(asked).toBe(1);
  const deliveries = await deliveriesOf(pod);
  expect(new Set(deliveries.map(({ state, reply }) => `${state} ${reply}`))).toEqual(
    new Set(["deferred connection refused"]),
  );
});

/** A smarthost that says this to whoever connects. */
function shut(says: Partial<TriedRecipient>, hasNoSession: boolean): Carrier & { asked: number } {
  const host = peer((address) => ({ ...deferred(address), ...says }), 1);
  const carrier = {
    ...{ ...host, isSmarthost: true, asked: 0, destinationOf: () => "smart.test" },
    async send(mail: OutgoingMail) {
      carrier.asked++;
      return { ...(await host.send(mail)), hasNoSession };
    },
  };
  return carrier;
}
const BUSY = { code: 421, enhancedCode: "4.7.0", reply: "421 too many connections" };
const BAD_PASSWORD = { code: 535, enhancedCode: "5.7.8", reply: "535 5.7.8 authentication failed" };

it.each<[string, Partial<TriedRecipient>, number]>([
  ["refuses our password", BAD_PASSWORD, 1],
  ["cannot be reached", { code: null, enhancedCode: "4.4.1", reply: "connection refused" }, 1],
  ["cannot check our password", { code: 454, enhancedCode: "4.7.0", reply: "454 4.7.0 try later" }, 1],
  ["takes nobody for now", BUSY, 1],
])(
  "of three messages that wait for a smarthost that %s, it is asked for as many as may learn something: $2",
  async (_how, says, asked) => {
    const { pod, send } = await sender();
    for (const domain of ["one.test", "two.test", "three.test"]) await send(`a@${domain}`);
    const carrier = shut(says, true);
    const outbound = outboundOf(t, carrier);
    outbound.wake(pod);
    await eventually("all are put off", async () =>
      (await deliveriesOf(pod)).every(({ state }) => state === "deferred"),
    );
    await outbound.stop();
    expect(carrier.asked).toBe(asked);
  },
);

it("a smarthost that has no more connections for us, and answers on others, is asked for each message", async () => {
  const { pod, send } = await sender();
  for (const domain of ["one.test", "two.test", "three.test"]) await send(`a@${domain}`);
  const carrier = shut(BUSY, true);
  let asked = 0;
  const outbound = outboundOf(t, {
    ...carrier,
    send: (mail) => (asked++ === 0 ? peer(accepted).send(mail) : carrier.send(mail)),
  });
  outbound.wake(pod);
  await eventually("each was tried", async () =>
    (await deliveriesOf(pod)).every(({ state }) => state === "deferred" || state === "sent"),
  );
  await outbound.stop();
  expect(asked).toBe(3);
});

it("what a smarthost put off waits for the smarthost alone, however often it was tried; what it said of the mail itself goes by the schedule", async () => {
  const waitsMs = async (carrier: Carrier): Promise<number> => {
    const { pod, send } = await sender();
    await send("a@far.test");
    for (let attempts = 0; attempts < 4; attempts++) await attempt(pod, carrier);
    const [delivery] = await deliveriesOf(pod);
    expect(delivery).toMatchObject({ state: "deferred", attempts: 4 });
    return (delivery?.nextAttemptAt?.getTime() ?? 0) - Date.now();
  };
  expect(await waitsMs(shut(BAD_PASSWORD, true))).toBeLessThanOrEqual(OUTAGE_MS);
  expect(await waitsMs(shut(BUSY, true))).toBeLessThanOrEqual(OUTAGE_MS);
  // Refused behind the greeting: of the sender, or of this mail.
  expect(await waitsMs(shut({ code: 553, reply: "553 not your sender" }, false))).toBeGreaterThan(OUTAGE_MS);
});

it("what a paused inbox has queued waits, and what it leaves when it is deleted fails", async () => {
  const { pod, inbox, send } = await sender();
  await send("a@paused.test");
  await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
  const carrier = peer(accepted);
  await attempt(pod, carrier);
  expect(await deliveriesOf(pod)).toMatchObject([{ state: "queued", detail: "the sender is paused" }]);
  await t.run(t.rootToken, resumeInbox, { inbox }, undefined);
  await attempt(pod, carrier);
  expect(carrier.taken).toHaveLength(1);
  await send("b@paused.test");
  await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
  await attempt(pod, carrier);
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  await attempt(pod, carrier);
  expect(carrier.taken).toHaveLength(1);
});

it("what was captured stays so when mail is let out", async () => {
  const { pod, inbox, send } = await sender();
  const messageId = await send("a@captured.test");
  const outbound = outboundOf(t, null);
  outbound.wake(pod);
  await outbound.stop();
  const carrier = peer(accepted);
  await attempt(pod, carrier);
  expect(carrier.taken).toEqual([]);
  const [delivery] = await deliveriesOf(pod);
  expect(delivery).toMatchObject({ state: "captured", detail: "kept here: ROOKERY_OUTBOUND=capture" });
  expect((await t.run(t.rootToken, getMessage, { inbox }, { messageId })).labels).toContain("captured");
});

it("the queue says by domain how much waits, since when and why", async () => {
  const { pod, send } = await sender();
  await send("a@queue.test");
  await send("b@queue.test");
  await attempt(pod, peer(deferred));
  await send("c@queue.test");
  const { domains } = await t.run(t.rootToken, getQueue, { pod }, undefined);
  expect(domains).toMatchObject([
    { domain: "queue.test", queued: 1, deferred: 2, sending: 0, why: "450 4.2.0 greylisted" },
  ]);
});
