import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { EventType } from "../../door/events.ts";
import { Failure } from "../../door/failures.ts";
import { MAX_WEBHOOK_TARGETS } from "../../limits.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import {
  type CreateWebhook,
  createWebhook,
  getWebhook,
  listWebhooks,
  type UpdateWebhook,
  updateWebhook,
  type Webhook,
} from "./index.ts";
import { MAX_WEBHOOKS } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const makeInbox = async (pod: string): Promise<string> => (await t.seed.inbox(pod)).address;

const plain: CreateWebhook = {
  url: "https://hooks.example.com/in",
  eventTypes: ["message.received"],
  podIds: [],
  inboxIds: [],
};
const create = (token: string, input: Partial<CreateWebhook> = {}): Promise<Webhook> =>
  t.run(token, createWebhook, {}, { ...plain, ...input });
const refusalOf = (token: string, input: Partial<CreateWebhook> = {}) =>
  t.refusal(token, createWebhook, {}, { ...plain, ...input });
/** Rows like that of an endpoint, without its client_id: as many creates take seconds. */
const copy = ({ id }: Webhook, count: number) =>
  t.behind((tx) =>
    sql`insert into webhooks select copied.* from webhooks w cross join generate_series(1, ${count}::integer) as n
      cross join lateral jsonb_populate_record(w, jsonb_build_object('id', md5(w.id::text || n)::uuid, 'client_id', null)) as copied
      where w.id = ${id}`.execute(tx.within(systemScope)),
  );
const changeOf = (id: string, changes: Partial<UpdateWebhook>): UpdateWebhook => ({
  id,
  eventTypes: [],
  addPodIds: [],
  removePodIds: [],
  addInboxIds: [],
  removeInboxIds: [],
  ...changes,
});

it("names the field that is wrong, and bounds every list before looking anything up", async () => {
  const { token } = await t.seed.tenant();
  const many = (count: number) => Array.from({ length: count }, (_, index) => `i${index}@rookery.localhost`);
  const wrong = (field: string) => ({ code: "input.invalid", details: { path: [field] } });
  expect(await refusalOf(token, { inboxIds: many(MAX_WEBHOOK_TARGETS + 1) })).toMatchObject(
    wrong("inboxIds"),
  );
  expect(await refusalOf(token, { inboxIds: many(70_000) })).toMatchObject(wrong("inboxIds"));
  const podIds = Array.from({ length: 70_000 }, () => crypto.randomUUID());
  expect(await refusalOf(token, { podIds })).toMatchObject(wrong("podIds"));
  expect(await refusalOf(token, { eventTypes: [] })).toMatchObject(wrong("eventTypes"));
  for (const url of ["", "nonsense", "ftp://x.example/", "https://user:pw@x.example/"])
    expect(await refusalOf(token, { url }), url).toMatchObject(wrong("url"));
  const { id } = await create(token);
  const added = changeOf(id, { addInboxIds: many(70_000) });
  expect(await t.refusal(token, updateWebhook, {}, added)).toMatchObject(wrong("addInboxIds"));
});

describe("a key needs", () => {
  it("the permission to read mail for what an endpoint would be told of it", async () => {
    const { pod } = await t.seed.tenant();
    const inbox = await makeInbox(pod);
    const { token } = await t.seed.key({ pod }, "webhook_create", "webhook_update");
    const types: readonly EventType[][] = [["message.received"], ["domain.verified", "message.sent"]];
    for (const eventTypes of types)
      expect(await refusalOf(token, { eventTypes })).toMatchObject({
        code: "permission.missing",
        details: { hint: expect.stringContaining("message_read") },
      });
    const { id } = await create(token, { eventTypes: ["domain.verified"] });
    const changes: readonly Partial<UpdateWebhook>[] = [
      { eventTypes: ["message.received"] },
      { addInboxIds: [inbox] },
      { addPodIds: [pod] },
    ];
    for (const change of changes)
      expect((await t.refusal(token, updateWebhook, {}, changeOf(id, change))).code).toBe(
        "permission.missing",
      );
    const same = changeOf(id, { eventTypes: ["domain.verified"] });
    expect((await t.run(token, updateWebhook, {}, same)).eventTypes).toEqual(["domain.verified"]);
  });

  it("the label's permission for mail that it may not see", async () => {
    const { pod } = await t.seed.tenant();
    const { token } = await t.seed.key(
      { pod },
      "webhook_create",
      "webhook_update",
      "webhook_read",
      "message_read",
      "label_spam_read",
    );
    const blocked = await refusalOf(token, { eventTypes: ["message.received", "message.received.blocked"] });
    expect(blocked).toMatchObject({
      code: "permission.missing",
      message: "label_blocked_read is forbidden",
    });
    const { id } = await create(token, { eventTypes: ["message.received.spam"] });
    const change = changeOf(id, { eventTypes: ["message.received.unauthenticated"] });
    expect((await t.refusal(token, updateWebhook, {}, change)).code).toBe("permission.missing");
    const kept = await t.run(token, getWebhook, {}, { id });
    expect(kept.eventTypes).toEqual(["message.received.spam"]);
  });
});

it("a client_id makes one endpoint however often it is asked for, each scope for itself, and is free again afterwards", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  const inbox = await makeInbox(one.pod);
  const hook = { clientId: "hook" };
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => create(one.token, hook)));
  for (const other of others) expect(other).toEqual(first);
  expect((await create(two.token, hook)).id).not.toBe(first?.id);
  const gone = await create(t.rootToken, { clientId: "of-an-inbox", inboxIds: [inbox] });
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  const ofPod = { clientId: "of-an-inbox", podIds: [one.pod] };
  const again = await create(t.rootToken, ofPod);
  expect(again.id).not.toBe(gone.id);
  expect(await create(t.rootToken, ofPod)).toEqual(again);
});

it("the secret of an endpoint that was there before is told to keys that may read endpoints, and to no other", async () => {
  const { pod, token } = await t.seed.tenant();
  const { token: writing } = await t.seed.key({ pod }, "webhook_create", "webhook_update", "message_read");
  const before = await create(token, { clientId: "known" });
  const same = changeOf(before.id, { eventTypes: ["message.received"] });
  for (const shown of [
    await create(writing, { clientId: "known" }),
    await t.run(writing, updateWebhook, {}, same),
  ])
    expect({ id: shown.id, secret: shown.secret }).toEqual({ id: before.id, secret: "" });
  for (const shown of [
    await create(token, { clientId: "known" }),
    await t.run(token, updateWebhook, {}, same),
  ])
    expect(shown.secret).toBe(before.secret);
  // Whoever makes one needs its secret to verify what it is sent.
  expect((await create(writing, { clientId: "new" })).secret).toMatch(/^whsec_/);
});

it("endpoints of a pod are limited, with an error that says so; those of its inboxes and of other pods do not count", async () => {
  const [full, other] = [await t.seed.tenant(), await t.seed.tenant()];
  const inbox = await makeInbox(full.pod);
  const first = await create(full.token, { clientId: "first" });
  await copy(first, MAX_WEBHOOKS - 1);
  expect(await refusalOf(full.token)).toMatchObject({
    code: "limit.exceeded",
    details: { limit: { resource: "webhook", count: MAX_WEBHOOKS }, hint: expect.anything() },
  });
  // Asked for again, one that is there is given back.
  expect(await create(full.token, { clientId: "first" })).toEqual(first);
  await create(full.token, { inboxIds: [inbox] });
  await create(other.token);

  // Nor by a way around: made for one inbox, where there is room, and then widened to the pod.
  const second = await makeInbox(full.pod);
  const { id } = await create(full.token, { inboxIds: [inbox] });
  const widened = changeOf(id, { addInboxIds: [second] });
  expect((await t.refusal(full.token, updateWebhook, {}, widened)).code).toBe("limit.exceeded");
  const kept = changeOf(id, { eventTypes: ["message.sent"] });
  expect((await t.run(full.token, updateWebhook, {}, kept)).eventTypes).toEqual(["message.sent"]);
});

it.each(["pod", "inbox", "organization"])(
  "endpoints of one %s that are made at once around the bound do not exceed it",
  async (level) => {
    const { pod, token } = await t.seed.tenant();
    const inboxIds = level === "inbox" ? [await makeInbox(pod)] : [];
    const by = level === "organization" ? t.rootToken : token;
    const room = 5;
    const before = await countOf(by, level);
    await copy(await create(by, { inboxIds }), MAX_WEBHOOKS - room - 1 - before);
    const creates = Array.from({ length: 16 }, () =>
      create(by, { inboxIds }).then(
        () => "made",
        (error: unknown) => (error instanceof Failure ? error.code : error),
      ),
    );
    const outcomes = (await Promise.all(creates)).toSorted();
    expect(outcomes).toEqual([...Array(16 - room).fill("limit.exceeded"), ...Array(room).fill("made")]);
  },
);

/** Endpoints that tests before left at the organization; those of a new pod have none. */
async function countOf(by: string, level: string): Promise<number> {
  if (level !== "organization") return 0;
  const { items } = await t.run(by, listWebhooks, {}, { ...firstPage, size: 1000 });
  return items.filter(({ podId }) => podId === null).length;
}

it("an endpoint is the same for the key that makes it and for one that reads it", async () => {
  const { pod, token } = await t.seed.tenant();
  const inboxIds = [await makeInbox(pod), await makeInbox(pod), await makeInbox(pod)].toSorted();
  for (const named of [inboxIds, inboxIds.toReversed()]) {
    const made = await create(token, { inboxIds: named });
    expect(await t.run(token, getWebhook, {}, { id: made.id })).toEqual(made);
  }
});
