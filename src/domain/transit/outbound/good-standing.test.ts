import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { attempt, peer, refused, sender } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { sendMessage } from "../sends/index.ts";
import { getStanding, resumeSending } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a pod whose mail bounces is warned at 5 %, suspended at 10 % from 1,000 recipients on, and resumed by an operator", async () => {
  const { pod, inbox, send } = await sender(t);
  // Each inbox has its own bounds, which come first: what the pod sent, others of it did.
  const { address: other } = await t.seed.inbox(pod);
  const standing = () => t.run(t.rootToken, getStanding, { pod }, undefined);
  const anHourAgo = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000);
  const counted = (sent: number, bounced: number) =>
    t.behind((tx) =>
      sql`insert into outbound_counts select pod_id, id, ${anHourAgo}::timestamptz, organization_id, ${sent}, ${bounced}, 0
        from inboxes where address = ${other}
        on conflict (pod_id, inbox_id, minute) do update set sent = excluded.sent, bounced = excluded.bounced`.execute(
        tx.within(systemScope),
      ),
    );
  let bounces = 0;
  const bounce = async (): Promise<void> => {
    await send(`x${bounces++}@rates.test`);
    await attempt(t, pod, peer(refused));
  };
  await counted(900, 400);
  await bounce();
  expect(await standing()).toMatchObject({ sent: 901, bounced: 401, warnedAt: null, suspendedAt: null });
  await counted(1000, 60);
  await bounce();
  expect(await standing()).toMatchObject({ warnedAt: expect.any(Date), suspendedAt: null });
  await counted(1000, 110);
  await send("waits@rates.test");
  await bounce();
  const suspended = await standing();
  expect(suspended.suspendedAt).toEqual(expect.any(Date));
  expect(suspended.reason).toMatch(/^1\d\.\d % of 1,00\d recipients in 24 hours bounced\.$/);
  const outgoing = { to: ["y@rates.test"], text: "Hi", idempotencyKey: null };
  expect(await t.refusal(t.rootToken, sendMessage, { inbox }, outgoing)).toMatchObject({
    code: "sending.paused",
  });
  // To an inbox here it may still write.
  await t.run(t.rootToken, sendMessage, { inbox }, { ...outgoing, to: [inbox] });
  await t.run(t.rootToken, resumeSending, { pod }, undefined);
  expect(await standing()).toMatchObject({ sent: 0, warnedAt: null, suspendedAt: null, reason: null });
  await send("y@rates.test");
});

it("a pod that sent nothing is in good standing, and another's standing is not found by its key, nor ended", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.pod()];
  expect(await t.run(own.token, getStanding, { pod: own.pod }, undefined)).toMatchObject({
    ...{ podId: own.pod, sent: 0, bounced: 0, warnedAt: null, suspendedAt: null, reason: null },
  });
  const foreign = await t.refusal(own.token, getStanding, { pod: other }, undefined);
  expect(foreign.code).toBe("pod.not_found");
  const absent = await t.refusal(own.token, getStanding, { pod: crypto.randomUUID() }, undefined);
  expect(absent).toEqual(foreign);
  for (const [by, pod] of [
    [own.token, own.pod],
    [own.token, other],
  ] as const)
    expect((await t.refusal(by, resumeSending, { pod }, undefined)).code).toMatch(/^(permission|pod)\./);
});
