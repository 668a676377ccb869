import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createWebhook, createWebhooksForward } from "../../notify/webhooks/index.ts";
import { createCopiesForward } from "../../transit/deliveries/index.ts";
import { createOutboundForward } from "../../transit/outbound/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { systemScope } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A pod with a message to itself and to another server, of which a webhook is told. */
async function busyPod(): Promise<string> {
  const pod = await t.seed.pod();
  const [{ address: inbox }, { address: other }] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
  await t.run(
    t.rootToken,
    createWebhook,
    { inbox },
    { url: "https://hooks.example.com/", eventTypes: ["message.sent"], podIds: [], inboxIds: [] },
  );
  const mail = { to: [other, "x@outside.test"], text: "Hi", idempotencyKey: null };
  await t.run(t.rootToken, sendMessage, { inbox }, mail);
  return pod;
}

const kinds = [
  ["copies", createCopiesForward, "outbound_deliveries", "domain is null", 3600, 0],
  ["mail for other servers", createOutboundForward, "outbound_deliveries", "domain is not null", 14_400, 120],
  ["webhook deliveries", createWebhooksForward, "webhook_deliveries", "true", 39_600, 0],
] as const;

it.for(kinds)(
  "%s that were put off while the clock was ahead are brought forward, and none that wait for their time",
  async ([, create, table, which, longestSeconds, thenSeconds]) => {
    const pods = [await busyPod(), await busyPod(), await busyPod()] as const;
    const putOff = (pod: string, seconds: number) =>
      t.behind((tx) =>
        sql`update ${sql.table(table)} set next_attempt_at = now() + make_interval(secs => ${seconds})
        where pod_id = ${pod} and ${sql.raw(which)}`.execute(tx.within(systemScope)),
      );
    await putOff(pods[0], 30 * 86_400);
    await putOff(pods[1], longestSeconds - 10);
    await putOff(pods[2], longestSeconds + 60);
    expect(await create(t.database)()).toBe(false);
    const waits = async (pod: string): Promise<number[]> => {
      const { rows } = await t.behind((tx) =>
        sql<{ seconds: number }>`select extract(epoch from next_attempt_at - now())::float8 as seconds
        from ${sql.table(table)} where pod_id = ${pod} and ${sql.raw(which)}`.execute(tx.within(systemScope)),
      );
      return rows.map(({ seconds }) => seconds);
    };
    for (const pod of [pods[0], pods[2]]) {
      const [seconds, ...more] = await waits(pod);
      expect(seconds).toBeLessThanOrEqual(thenSeconds);
      expect(more).toEqual([]);
    }
    expect((await waits(pods[1]))[0]).toBeGreaterThan(longestSeconds - 600);
  },
);
