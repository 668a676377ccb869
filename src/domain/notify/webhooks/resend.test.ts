/** Sending again: what is due then, and what is not. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { updateMessage } from "../../mail/messages/index.ts";
import {
  createWebhook,
  findDueDeliveries,
  type LoadedDelivery,
  listSentEvents,
  loadDelivery,
  recordAttempt,
  recoverWebhook,
  resendEvent,
  updateWebhook,
  type Verdict,
} from "./index.ts";
import { WEBHOOK_RETRY_SECONDS } from "./limits.ts";

let t: TestDoor;
let arrive: ReturnType<typeof mailInto>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const MINUTE_MS = 60_000;
const ago = (ms: number): Date => new Date(Date.now() - ms);
const unchanged = {
  eventTypes: [],
  ...{ addPodIds: [], removePodIds: [], addInboxIds: [], removeInboxIds: [] },
};

interface Endpoint {
  readonly id: string;
  readonly pod: string;
  readonly inbox: string;
}

/** An endpoint of an inbox that was sent some events. */
async function endpoint(mails: number): Promise<Endpoint> {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const input = {
    url: "https://hooks.example.com/",
    eventTypes: ["message.received"] as const,
    podIds: [],
    inboxIds: [],
  };
  const { id } = await t.run(t.rootToken, createWebhook, { inbox }, input);
  for (let n = 1; n <= mails; n++) await arrive(inbox, { id: `<${n}@x>`, second: n });
  return { id, pod, inbox };
}
const events = async ({ id }: Endpoint) =>
  (
    await t.run(t.rootToken, listSentEvents, {}, { id, page: { size: 100, after: null, ascending: true } })
  ).items.map(({ messageId, state, attempts, eventId, nextAttemptAt }) => ({
    ...{ messageId, state, attempts, eventId },
    delaySeconds:
      nextAttemptAt === null ? null : Math.max(0, Math.round((nextAttemptAt.getTime() - Date.now()) / 1000)),
  }));
const first = async (one: Endpoint): Promise<string> => (await events(one))[0]?.eventId ?? "";

/** What is due of a pod, as the worker begins it. */
async function begin({ pod: podId }: Endpoint): Promise<LoadedDelivery[]> {
  const after = "00000000-0000-0000-0000-000000000000";
  const loaded: LoadedDelivery[] = [];
  for (const isFailing of [false, true]) {
    const search = { podId, isFailing, except: [], exceptWebhooks: [], limit: 100, after };
    for (const job of await findDueDeliveries(t.database, search, new Date())) {
      const one = await loadDelivery(t.database, job);
      if (one !== null) loaded.push(one);
    }
  }
  return loaded;
}
const end = (begun: readonly LoadedDelivery[], verdict: Verdict): Promise<unknown> =>
  Promise.all(
    begun.map(({ delivery }) => {
      const status = verdict === "delivered" ? 204 : 500;
      const outcome = verdict === "delivered" ? "delivered" : "refused";
      const result = { verdict, status, outcome, detail: null, durationMs: 1, at: new Date() };
      return recordAttempt(t.database, delivery, result, { chance: 0.5, newId: t.parts.lent.newId });
    }),
  );
const attempt = async (one: Endpoint, verdict: Verdict): Promise<void> =>
  void (await end(await begin(one), verdict));
const resend = (one: Endpoint, eventId: string, by = t.rootToken) =>
  t.run(by, resendEvent, {}, { id: one.id, eventId });
const recover = ({ id }: Endpoint, since: Date, until?: Date) =>
  t.run(t.rootToken, recoverWebhook, {}, { id, since, ...(until !== undefined && { until }) });
const untilDue = ({ pod }: Endpoint): Promise<unknown> =>
  t.behind((tx) =>
    sql`update webhook_deliveries set next_attempt_at = now() where pod_id = ${pod} and state = 'pending'`.execute(
      tx.within(systemScope),
    ),
  );

describe("resendEvent", () => {
  it("has what was delivered, and what failed, sent once more, with the whole schedule before it", async () => {
    const one = await endpoint(2);
    const begun = await begin(one);
    await end(begun.slice(0, 1), "delivered");
    await end(begun.slice(1), "never");
    expect((await events(one)).map(({ state }) => state)).toEqual(["delivered", "failed"]);
    for (const { eventId } of await events(one))
      expect(await resend(one, eventId)).toMatchObject({ eventId, state: "pending", attempts: 1 });
    await attempt(one, "again");
    expect(await events(one)).toMatchObject(
      [1, 2].map(() => ({ state: "pending", attempts: 2, delaySeconds: WEBHOOK_RETRY_SECONDS[0] })),
    );
    for (const _ of WEBHOOK_RETRY_SECONDS) {
      await untilDue(one);
      await attempt(one, "again");
    }
    const attempts = WEBHOOK_RETRY_SECONDS.length + 2;
    expect(await events(one)).toMatchObject([1, 2].map(() => ({ state: "failed", attempts })));
  });

  it("has what waits tried at once, and an attempt under way that fails then is no reason to wait", async () => {
    const one = await endpoint(1);
    await attempt(one, "again");
    await untilDue(one);
    await attempt(one, "again");
    expect(await events(one)).toMatchObject([{ attempts: 2, delaySeconds: WEBHOOK_RETRY_SECONDS[1] }]);
    expect(await begin(one)).toEqual([]);
    await resend(one, await first(one));
    expect(await begin(one)).toHaveLength(1);
    // The attempt that was begun before the call.
    await attempt(one, "again");
    await untilDue(one);
    const begun = await begin(one);
    await resend(one, await first(one));
    await end(begun, "never");
    expect(await events(one)).toMatchObject([{ state: "pending", attempts: 4, delaySeconds: 0 }]);
    const again = await begin(one);
    await resend(one, await first(one));
    await end(again, "delivered");
    expect(await events(one)).toMatchObject([{ state: "delivered", attempts: 5 }]);
  });

  it("is refused while the endpoint is disabled, whose events would be given up", async () => {
    const one = await endpoint(1);
    await attempt(one, "never");
    await t.run(t.rootToken, updateWebhook, {}, { ...unchanged, id: one.id, enabled: false });
    const input = { id: one.id, eventId: await first(one) };
    expect(await t.refusal(t.rootToken, resendEvent, {}, input)).toMatchObject({ code: "object.conflict" });
    expect(
      await t.refusal(t.rootToken, recoverWebhook, {}, { id: one.id, since: ago(MINUTE_MS) }),
    ).toMatchObject({
      code: "object.conflict",
    });
    expect(await events(one)).toMatchObject([{ state: "failed" }]);
    await t.run(t.rootToken, updateWebhook, {}, { ...unchanged, id: one.id, enabled: true });
    expect(await resend(one, input.eventId)).toMatchObject({ state: "pending" });
  });

  it("finds no event that the key may not read, nor one of another endpoint", async () => {
    const [one, two] = [await endpoint(1), await endpoint(1)];
    await attempt(one, "never");
    const { token } = await t.seed.key({ pod: one.pod }, "webhook_update", "message_read");
    const eventId = await first(one);
    const label = { messageId: "<1@x>", addLabels: ["trash"], removeLabels: [] };
    await t.run(t.rootToken, updateMessage, { inbox: one.inbox }, label);
    expect(await t.refusal(token, resendEvent, {}, { id: one.id, eventId })).toMatchObject({
      code: "object.not_found",
    });
    expect(await t.refusal(t.rootToken, resendEvent, {}, { id: two.id, eventId })).toMatchObject({
      code: "object.not_found",
    });
    expect(await events(one)).toMatchObject([{ state: "failed", attempts: 1 }]);
  });
});

describe("recoverWebhook", () => {
  it("has all that failed in a while sent again, the oldest first and at a pace, and a second call adds nothing", async () => {
    const one = await endpoint(3);
    const other = await endpoint(1);
    const begun = await begin(one);
    await end(begun.slice(0, 1), "delivered");
    await end(begun.slice(1), "never");
    await attempt(other, "never");
    expect(await recover(one, ago(MINUTE_MS), ago(MINUTE_MS / 2))).toEqual({ count: 0, hasMore: false });
    const recovered = await Promise.all([recover(one, ago(MINUTE_MS)), recover(one, ago(MINUTE_MS))]);
    expect(recovered.map(({ count }) => count).toSorted()).toEqual([0, 2]);
    expect(await recover(one, ago(MINUTE_MS))).toEqual({ count: 0, hasMore: false });
    expect((await events(one)).map(({ state }) => state)).toEqual(["delivered", "pending", "pending"]);
    expect(await events(other)).toMatchObject([{ state: "failed" }]);
    const { rows } = await t.behind((tx) =>
      sql<{
        apart: number;
      }>`select extract(milliseconds from max(next_attempt_at) - min(next_attempt_at))::float8 as apart
        from webhook_deliveries where webhook_id = ${one.id} and state = 'pending'`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows).toEqual([{ apart: 10 }]);
    await untilDue(one);
    await attempt(one, "delivered");
    expect((await events(one)).map(({ state, attempts }) => [state, attempts])).toEqual([
      ["delivered", 1],
      ["delivered", 2],
      ["delivered", 2],
    ]);
  });

  it("takes a while that has begun", async () => {
    const { id } = await endpoint(0);
    expect(
      await t.refusal(t.rootToken, recoverWebhook, {}, { id, since: ago(0), until: ago(MINUTE_MS) }),
    ).toMatchObject({ code: "input.invalid" });
    expect(await recover({ id, pod: "", inbox: "" }, new Date(-1))).toEqual({ count: 0, hasMore: false });
  });
});
