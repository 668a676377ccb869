import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accepted, attempt, deliveriesOf, peer, refused, sender } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { getAccount } from "../../fleet/accounts/index.ts";
import { sendMessage } from "../sends/index.ts";
import { getInboxStanding, getStanding, resumeInboxSending } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A sender whose inbox is as if it had sent so many an hour ago. */
async function countedSender(counts: { sent: number; bounced: number; complained: number }) {
  const from = await sender(t);
  await t.behind((tx) =>
    sql`insert into outbound_counts select pod_id, id, date_trunc('minute', now()) - interval '1 hour', organization_id,
        ${counts.sent}, ${counts.bounced}, ${counts.complained} from inboxes where address = ${from.inbox}`.execute(
      tx.within(systemScope),
    ),
  );
  const standing = () => t.run(t.rootToken, getInboxStanding, { inbox: from.inbox }, undefined);
  const outgoing = { to: ["new@breaker.test"], text: "Hi", idempotencyKey: null };
  return { ...from, standing, outgoing };
}

it("an inbox whose mail bounces is warned at 5 %, and suspended at 10 % from 100 recipients on, beside others of its pod", async () => {
  const { pod, inbox, send, standing, outgoing } = await countedSender({
    ...{ sent: 98, bounced: 9, complained: 0 },
  });
  await send("a@breaker.test");
  await attempt(t, pod, peer(refused));
  expect(await standing()).toMatchObject({ status: "good", sent: 99, bounced: 10 });
  await send("waits@breaker.test");
  await send("b@breaker.test");
  const both = peer((address) => (address.startsWith("b") ? refused(address) : accepted(address)));
  await attempt(t, pod, both);
  expect(await standing()).toMatchObject({ status: "suspended", suspendedAt: expect.any(Date) });
  expect((await standing()).reason).toMatch(/^\d\d\.\d % of 10[01] recipients in 24 hours bounced\.$/);
  const refusal = await t.refusal(t.rootToken, sendMessage, { inbox }, outgoing);
  expect(refusal).toMatchObject({
    code: "sending.paused",
    message: "Sending to other servers is suspended for this inbox",
  });
  expect(refusal.details.hint).toContain(`rookery queue resume ${inbox}`);
  // To an inbox here it may still write, and so may others of the pod to anybody.
  await t.run(t.rootToken, sendMessage, { inbox }, { ...outgoing, to: [inbox] });
  const { address: other } = await t.seed.inbox(pod);
  await t.run(t.rootToken, sendMessage, { inbox: other }, outgoing);
  expect(await t.run(t.rootToken, getStanding, { pod }, undefined)).toMatchObject({ suspendedAt: null });
  const { health } = await t.run(t.rootToken, getAccount, { inbox }, undefined);
  expect(health).toMatchObject({ status: "invalid", faults: [{ code: "sending_suspended" }] });
});

it("what is queued waits while an inbox is suspended; the organization's key ends that, those of the inbox and its pod may not", async () => {
  const { pod, inbox, send, standing } = await countedSender({ sent: 200, bounced: 30, complained: 0 });
  await send("first@breaker.test");
  await attempt(t, pod, peer(refused));
  expect(await standing()).toMatchObject({ status: "suspended" });
  await t.behind((tx) =>
    sql`update outbound_inbox_standing set suspended_until = now() - interval '1 second' where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  await send("second@breaker.test");
  await t.behind((tx) =>
    sql`update outbound_inbox_standing set suspended_until = now() + interval '1 hour' where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  const host = peer(accepted);
  await attempt(t, pod, host);
  expect(host.taken).toEqual([]);
  expect(await deliveriesOf(t, pod)).toContainEqual(
    expect.objectContaining({
      state: "queued",
      detail: "sending to other servers is suspended for the inbox",
    }),
  );
  for (const owner of [{ inbox }, { pod }]) {
    const { token } = await t.seed.key(owner);
    expect(await t.refusal(token, resumeInboxSending, { inbox }, undefined)).toMatchObject({
      code: "permission.missing",
    });
  }
  expect(await t.run(t.rootToken, resumeInboxSending, { inbox }, undefined)).toMatchObject({
    ...{ status: "good", sent: 0, reason: null },
  });
  await attempt(t, pod, host);
  expect(host.taken).toHaveLength(1);
});

it("a suspension ends by itself, and what led to it does not count again", async () => {
  const { pod, send, standing } = await countedSender({ sent: 200, bounced: 30, complained: 0 });
  await send("first@breaker.test");
  await attempt(t, pod, peer(refused));
  expect(await standing()).toMatchObject({ status: "suspended" });
  await t.behind((tx) =>
    sql`update outbound_inbox_standing set suspended_until = now() - interval '1 second' where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  expect(await standing()).toMatchObject({ status: "good", suspendedUntil: null, reason: null });
  await send("second@breaker.test");
  await attempt(t, pod, peer(refused));
  expect(await standing()).toMatchObject({ status: "good" });
});
