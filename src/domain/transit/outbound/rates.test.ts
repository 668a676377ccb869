import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as support from "../../../../test/support/outbound.ts";
import { accepted, peer, refused } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Carrier } from "../../../workers/outbound/transport.ts";
import { systemScope } from "../../door/access/index.ts";
import { sendMessage } from "../sends/index.ts";
import { getRates, getStanding, resumeSending } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const sender = (): Promise<support.Sender> => support.sender(t);
const attempt = (pod: string, carrier: Carrier): Promise<void> => support.attempt(t, pod, carrier);

it("a pod whose mail bounces is warned at 5 %, suspended at 10 % from 1,000 recipients on, and resumed by an operator", async () => {
  const { pod, inbox, send } = await sender();
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
    await attempt(pod, peer(refused));
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

it("rates are those of the window before each point, at each scope, and null where nothing was sent", async () => {
  const { pod, inbox, send } = await sender();
  await send("a@metrics.test", "b@metrics.test");
  await attempt(
    pod,
    peer((address) => (address.startsWith("a") ? refused(address) : accepted(address))),
  );
  const query = { period: 3600, window: 7200, end: new Date(Date.now() + 60_000) };
  for (const at of [{ pod }, { inbox }]) {
    const rates = await t.run(t.rootToken, getRates, at, query);
    expect([...rates.keys()]).toEqual(["bounce", "complaint"]);
    const bounces = rates.get("bounce") ?? [];
    expect(bounces).toHaveLength(25);
    expect(bounces.at(0)).toMatchObject({ rate: null, sent: 0 });
  }
  const later = { ...query, start: new Date(Date.now() - 7200_000) };
  await t.behind((tx) =>
    sql`update outbound_counts set minute = minute - interval '5 minutes' where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  const rates = await t.run(t.rootToken, getRates, { pod }, { ...later, rateTypes: ["bounce"] });
  expect(rates.get("bounce")?.at(-1)).toMatchObject({ rate: 0.5, sent: 2 });
});

it.each([
  [{ period: 59 }, "input.invalid", "period"],
  [{ period: 3600, window: 5400 }, "input.invalid", "window"],
  [{ rateTypes: ["opens"] }, "input.invalid", "rateTypes"],
  [{ start: new Date(Date.now() - 91 * 86_400_000), period: 86_400 }, "range.too_wide", "start"],
  [{ period: 60 }, "range.too_wide", "period"],
])("rates of %o are refused", async (query, code, field) => {
  const { pod } = await sender();
  const refusal = await t.refusal(t.rootToken, getRates, { pod }, query);
  expect(refusal).toMatchObject({ code, details: { path: [field] } });
});
