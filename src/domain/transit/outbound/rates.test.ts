import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as support from "../../../../test/support/outbound.ts";
import { accepted, peer, refused } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Carrier } from "../../../workers/outbound/transport.ts";
import { systemScope } from "../../door/access/index.ts";
import { getRates } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const sender = (): Promise<support.Sender> => support.sender(t);
const attempt = (pod: string, carrier: Carrier): Promise<void> => support.attempt(t, pod, carrier);

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
