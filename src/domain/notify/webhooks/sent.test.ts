/** What an endpoint was sent, as keys list it: all that they may read, and nothing else. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { insertEvents, systemScope } from "../../door/access/index.ts";
import type { At } from "../../door/targets.ts";
import { deleteMessage, updateMessage } from "../../mail/messages/index.ts";
import {
  type CreateWebhook,
  createWebhook,
  findDueDeliveries,
  getSentEvent,
  listSentAttempts,
  listSentEvents,
  loadDelivery,
  recordAttempt,
  updateWebhook,
} from "./index.ts";
import { MAX_DELIVERIES_READ } from "./limits.ts";
import type { SentQuery } from "./sent.ts";

let t: TestDoor;
let arrive: ReturnType<typeof mailInto>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const page = { size: 50, after: null, ascending: false };

async function tenant(): Promise<{ readonly pod: string; readonly inbox: string }> {
  const pod = await t.seed.pod();
  return { pod, inbox: (await t.seed.inbox(pod)).address };
}
async function hook(at: At, more: Partial<CreateWebhook> = {}): Promise<string> {
  const input = {
    url: "https://hooks.example.com/",
    eventTypes: ["message.received"] as const,
    podIds: [],
    inboxIds: [],
  };
  return (await t.run(t.rootToken, createWebhook, at, { ...input, ...more })).id;
}
const list = (id: string, more: Partial<SentQuery> = {}, by = t.rootToken, at: At = {}) =>
  t.run(by, listSentEvents, at, { id, page, ...more });
const subjectsOf = async (...args: Parameters<typeof list>): Promise<(string | null)[]> =>
  (await list(...args)).items.map(({ messageId }) => messageId);

/** Makes the attempts that are due in a pod, each with this status and answer. */
async function attempt(podId: string, status: number, detail = "said so"): Promise<void> {
  const after = "00000000-0000-0000-0000-000000000000";
  const at = new Date();
  for (const isFailing of [false, true])
    for (const job of await findDueDeliveries(
      t.database,
      { podId, isFailing, except: [], exceptWebhooks: [], limit: 100, after },
      at,
    )) {
      const loaded = await loadDelivery(t.database, job);
      if (loaded === null) continue;
      const verdict = status < 300 ? ("delivered" as const) : ("again" as const);
      const outcome = status < 300 ? "delivered" : "refused";
      const result = { verdict, status, outcome, detail, durationMs: 7, at };
      await recordAttempt(t.database, loaded.delivery, result, { chance: 0.5, newId: t.parts.lent.newId });
    }
}
const untilDue = (podId: string): Promise<unknown> =>
  t.behind((tx) =>
    sql`update webhook_deliveries set next_attempt_at = now() where pod_id = ${podId} and state = 'pending'`.execute(
      tx.within(systemScope),
    ),
  );

describe("listSentEvents", () => {
  it("tells of each event its state, what it is about and how the last attempt went, newest first", async () => {
    const { pod, inbox } = await tenant();
    const id = await hook({ inbox });
    await arrive(inbox, { id: "<one@x>" });
    await attempt(pod, 204);
    await arrive(inbox, { id: "<two@x>", second: 1 });
    await attempt(pod, 503, "down");
    await arrive(inbox, { id: "<three@x>", second: 2 });
    const { items, next, keptSince } = await list(id);
    expect(items).toMatchObject([
      {
        messageId: "<three@x>",
        state: "pending",
        attempts: 0,
        attemptedAt: null,
        outcome: null,
        status: null,
      },
      { messageId: "<two@x>", state: "pending", attempts: 1, outcome: "refused", status: 503 },
      {
        messageId: "<one@x>",
        state: "delivered",
        attempts: 1,
        outcome: "delivered",
        status: 204,
        nextAttemptAt: null,
      },
    ]);
    expect(items.map(({ inboxAddress, podId, type, detail }) => [inboxAddress, podId, type, detail])).toEqual(
      items.map(() => [inbox, pod, "message.received", null]),
    );
    expect(items[1]?.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now());
    expect([next, Math.round((Date.now() - (keptSince?.getTime() ?? 0)) / 86_400_000)]).toEqual([null, 30]);
  });

  it("chooses by state, type and time, page after page in both directions, each event once", async () => {
    const { pod, inbox } = await tenant();
    const id = await hook({ pod }, { eventTypes: ["message.received", "message.sent"] });
    for (let n = 1; n <= 4; n++) await arrive(inbox, { id: `<${n}@x>`, second: n });
    await attempt(pod, 200);
    await arrive(inbox, { id: "<5@x>", second: 5 });
    expect(await subjectsOf(id, { states: ["pending"] })).toEqual(["<5@x>"]);
    expect(await subjectsOf(id, { states: ["failed"] })).toEqual([]);
    expect(await subjectsOf(id, { states: ["failed", "pending", "delivered"] })).toHaveLength(5);
    expect(await subjectsOf(id, { eventTypes: ["message.sent"] })).toEqual([]);
    expect(await subjectsOf(id, { eventTypes: ["message.received", "message.sent"] })).toHaveLength(5);
    for (const ascending of [false, true]) {
      const seen: (string | null)[] = [];
      for (let after: SentQuery["page"]["after"] = null, more = true; more; more = after !== null) {
        const found = await list(id, { page: { size: 2, after, ascending } });
        seen.push(...found.items.map(({ messageId }) => messageId));
        after = found.next;
      }
      const all = ["<1@x>", "<2@x>", "<3@x>", "<4@x>", "<5@x>"];
      expect(seen).toEqual(ascending ? all : all.toReversed());
    }
    const long = new Date("1900-01-01T00:00:00Z");
    expect(await subjectsOf(id, { before: long })).toEqual([]);
    expect(await subjectsOf(id, { after: long })).toHaveLength(5);
    expect(await subjectsOf(id, { after: new Date(Date.now() + 60_000) })).toEqual([]);
    for (const bad of [{ states: ["failed", "sent"] }, { eventTypes: ["message.read"] }])
      expect(await t.refusal(t.rootToken, listSentEvents, {}, { id, page, ...bad })).toMatchObject({
        code: "input.invalid",
      });
  });

  it("passes over many that are left out in pages that end, and misses none", async () => {
    const { pod, inbox } = await tenant();
    const id = await hook({ pod }, { eventTypes: ["message.received", "message.rejected"] });
    await arrive(inbox, { id: "<old@x>" });
    const of = {
      organizationId: t.organizationId,
      podId: pod,
      inboxId: null,
      messageUuid: null,
      data: {},
      at: new Date(),
    };
    const events = Array.from({ length: MAX_DELIVERIES_READ + 5 }, () => ({
      ...of,
      id: t.parts.lent.newId(),
      type: "message.rejected" as const,
    }));
    await t.behind((tx) => insertEvents(tx, systemScope, events));
    const asked = { eventTypes: ["message.received"] };
    const first = await list(id, asked);
    expect([first.items, first.next?.length]).toEqual([[], 1]);
    const second = await list(id, { ...asked, page: { ...page, after: first.next } });
    expect([second.items.map(({ messageId }) => messageId), second.next]).toEqual([["<old@x>"], null]);
  });

  it("shows a key what it may read, and nothing of other events", async () => {
    const { pod, inbox } = await tenant();
    const id = await hook(
      { pod },
      { eventTypes: ["message.received", "message.received.spam", "domain.verified"] },
    );
    for (const [n, name] of ["open", "spam", "gone"].entries())
      await arrive(inbox, { id: `<${name}@x>`, second: n });
    await t.run(
      t.rootToken,
      updateMessage,
      { inbox },
      { messageId: "<spam@x>", addLabels: ["spam"], removeLabels: [] },
    );
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<gone@x>" });
    const of = {
      organizationId: t.organizationId,
      podId: pod,
      inboxId: null,
      messageUuid: null,
      data: {},
      at: new Date(),
    };
    await t.behind((tx) =>
      insertEvents(tx, systemScope, [{ ...of, id: t.parts.lent.newId(), type: "domain.verified" as const }]),
    );
    const rights = ["webhook_read", "message_read"] as const;
    const { token: blind } = await t.seed.key({ pod }, ...rights);
    const { token: ofDomains } = await t.seed.key({ pod }, ...rights, "domain_read");
    const labels = [
      "label_spam_read",
      "label_blocked_read",
      "label_unauthenticated_read",
      "label_trash_read",
    ] as const;
    const { token: ofLabels } = await t.seed.key({ pod }, ...rights, ...labels);
    const typesOf = async (by: string) =>
      (await list(id, {}, by)).items.map(({ type, messageId }) => messageId ?? type);
    expect(await typesOf(blind)).toEqual(["<open@x>"]);
    expect(await typesOf(ofDomains)).toEqual(["domain.verified", "<open@x>"]);
    expect(await typesOf(ofLabels)).toEqual(["message.received", "<spam@x>", "<open@x>"]);
    expect(await typesOf(t.rootToken)).toEqual([
      "domain.verified",
      "message.received",
      "<spam@x>",
      "<open@x>",
    ]);
    const hidden = (await list(id)).items.filter(({ messageId }) => messageId !== "<open@x>");
    for (const { eventId } of hidden)
      for (const operation of [getSentEvent, listSentAttempts])
        expect(await t.refusal(blind, operation, {}, { id, eventId, page })).toMatchObject({
          code: "object.not_found",
        });
  });

  it("shows who reaches less than an endpoint did what lies in reach alone", async () => {
    const [one, two] = [await tenant(), await tenant()];
    const id = await hook({}, { podIds: [one.pod, two.pod] });
    await arrive(one.inbox, { id: "<one@x>" });
    await arrive(two.inbox, { id: "<two@x>", second: 1 });
    expect(await subjectsOf(id)).toEqual(["<two@x>", "<one@x>"]);
    const { token } = await t.seed.key({ pod: one.pod });
    expect(await t.refusal(token, listSentEvents, {}, { id, page })).toMatchObject({
      code: "object.not_found",
    });
    // From here on it is the pod's.
    const unchanged = { eventTypes: [], addPodIds: [], addInboxIds: [], removeInboxIds: [] };
    await t.run(t.rootToken, updateWebhook, {}, { ...unchanged, id, removePodIds: [two.pod] });
    expect(await subjectsOf(id, {}, token)).toEqual(["<one@x>"]);
    const [theirs] = (await list(id)).items;
    for (const operation of [getSentEvent, listSentAttempts])
      expect(
        await t.refusal(token, operation, {}, { id, eventId: theirs?.eventId ?? "", page }),
      ).toMatchObject({
        code: "object.not_found",
      });
  });
});

it("every attempt at an event is listed, newest first, with what was answered", async () => {
  const { pod, inbox } = await tenant();
  const id = await hook({ inbox });
  await arrive(inbox, { id: "<one@x>" });
  await attempt(pod, 500, "first");
  await untilDue(pod);
  await attempt(pod, 404, "second");
  const [{ eventId } = { eventId: "" }] = (await list(id)).items;
  const named = { id, eventId };
  expect(await t.run(t.rootToken, getSentEvent, { inbox }, named)).toMatchObject({
    state: "pending",
    attempts: 2,
    status: 404,
    detail: "second",
  });
  const all = await t.run(t.rootToken, listSentAttempts, { inbox }, { ...named, page });
  expect(all).toMatchObject({
    items: [
      { attempt: 2, status: 404, outcome: "refused", detail: "second", durationMs: 7 },
      { attempt: 1, status: 500, outcome: "refused", detail: "first", durationMs: 7 },
    ],
    next: null,
  });
  const first = await t.run(
    t.rootToken,
    listSentAttempts,
    { inbox },
    { ...named, page: { ...page, size: 1 } },
  );
  const second = await t.run(
    t.rootToken,
    listSentAttempts,
    { inbox },
    { ...named, page: { ...page, size: 1, after: first.next } },
  );
  expect([...first.items, ...second.items]).toEqual(all.items);
  expect(second.next).toBeNull();
  const absent = { ...named, eventId: t.parts.lent.newId(), page };
  expect(await t.refusal(t.rootToken, listSentAttempts, { inbox }, absent)).toMatchObject({
    code: "object.not_found",
  });
});
