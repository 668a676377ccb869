import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createInbox, deleteInbox } from "../inboxes/index.ts";
import { deletePod } from "../pods/index.ts";
import { type CreateApiKey, createApiKey, getApiKey } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

describe("a new key", () => {
  it("shows its secret once and leaves no trace of it in the database", async () => {
    const pod = await t.seed.pod();
    const { id: inboxId, address: inbox } = await t.seed.inbox(pod);
    const made = [
      await t.run(t.rootToken, createApiKey, {}, {}),
      await t.run(t.rootToken, createApiKey, { pod }, {}),
      await t.run(t.rootToken, createApiKey, { inbox }, {}),
    ];
    expect(made.map(({ secret }) => secret)).toEqual([
      expect.stringMatching(/^am_us_[0-9a-f]{64}$/),
      expect.stringMatching(/^am_us_pod_[0-9a-f]{64}$/),
      expect.stringMatching(/^am_us_inbox_[0-9a-f]{64}$/),
    ]);
    for (const { key, secret } of made) {
      expect(secret.startsWith(key.prefix)).toBe(true);
      expect(key.prefix).toHaveLength(secret.length - 58);
      const { rows, audit } = await t.behind(async (tx) => {
        const db = tx.within(systemScope);
        return {
          rows: await db.selectFrom("api_keys").selectAll().where("id", "=", key.id).execute(),
          audit: await db.selectFrom("audit").selectAll().where("target", "=", key.id).execute(),
        };
      });
      expect([rows.length, audit.length]).toEqual([1, 1]);
      const stored = JSON.stringify([rows, audit]) + rows[0]?.secret_sha256?.toString("latin1");
      expect(stored).toContain(key.prefix);
      expect(stored).not.toContain(secret.slice(key.prefix.length));
      const read = await t.run(t.rootToken, getApiKey, {}, { id: key.id, exact: false });
      expect(read).toMatchObject({
        name: "API Key",
        prefix: key.prefix,
        permissions: null,
        expiresAt: null,
        updatedAt: key.createdAt,
      });
      expect(JSON.stringify(read)).not.toContain(secret.slice(key.prefix.length));
    }
    expect(made[2]?.key).toMatchObject({
      organizationId: t.organizationId,
      podId: pod,
      inboxId,
      inboxAddress: inbox,
    });
  });

  it("belongs where the key that makes it does", async () => {
    const pod = await t.seed.pod();
    const { id: inboxId, address: inbox } = await t.seed.inbox(pod);
    const { token: ofInbox } = await t.seed.key({ inbox });
    const { token: ofPod } = await t.seed.key({ pod });
    expect((await t.run(ofInbox, createApiKey, {}, {})).key).toMatchObject({ podId: pod, inboxId });
    expect((await t.run(ofPod, createApiKey, {}, {})).key).toMatchObject({ podId: pod, inboxId: null });
  });

  it("is refused when its name would break a header, or it has too many permissions", async () => {
    const refusalOf = (input: CreateApiKey) => t.refusal(t.rootToken, createApiKey, {}, input);
    const wrong = (field: string) => ({ code: "input.invalid", details: { path: [field] } });
    for (const name of ["a\r\nBcc: x@example.com", "a\u0000b", "", "x".repeat(257)])
      expect(await refusalOf({ name }), name).toMatchObject(wrong("name"));
    const many = Object.fromEntries(Array.from({ length: 81 }, (_, index) => [`flag_${index}`, true]));
    expect(await refusalOf({ permissions: many })).toMatchObject(wrong("permissions"));
  });
});

describe("a restricted key", () => {
  it("makes keys with what it holds and never with more", async () => {
    const maker = await t.seed.key({}, "api_key_create", "message_read");
    const only = { permissions: { message_read: true } };
    const child = await t.run(maker.token, createApiKey, {}, only);
    expect(child.key.permissions).toEqual({ message_read: true });
    const codeOf = async (input: CreateApiKey, by = maker.token): Promise<string> =>
      (await t.refusal(by, createApiKey, {}, input)).code;
    const excess = ["message_send", "a_flag_of_tomorrow", "provider_connect"];
    for (const name of excess)
      expect(await codeOf({ permissions: { message_read: true, [name]: true } }), name).toBe(
        "permission.escalation",
      );
    // Not held by unrestricted keys either, but theirs to give.
    const connecting = { permissions: { provider_connect: true } };
    const given = await t.run(t.rootToken, createApiKey, {}, connecting);
    expect(given.key.permissions).toMatchObject({ provider_connect: true });
    expect(await codeOf({ permissions: null })).toBe("permission.unrestricted_required");
    expect(await codeOf({})).toBe("permission.unrestricted_required");
    expect(await codeOf(only, child.secret)).toBe("permission.missing");
  });

  it("that may send makes one that may only reply, and none that releases held mail", async () => {
    const { token } = await t.seed.key({}, "api_key_create", "message_send");
    const replying = await t.run(token, createApiKey, {}, { permissions: { message_reply: true } });
    expect(replying.key.permissions).toEqual({ message_reply: true });
    const release = { permissions: { agent_armor_release: true } };
    const pod = await t.seed.pod();
    const { address: inbox } = await t.seed.inbox(pod);
    for (const by of [token, (await t.seed.key({ pod })).token, (await t.seed.key({ inbox })).token])
      expect((await t.refusal(by, createApiKey, {}, release)).code).toBe("permission.escalation");
    const given = await t.run(t.rootToken, createApiKey, { inbox }, release);
    expect(given.key.permissions).toEqual(release.permissions);
  });

  it("of a narrower scope does not give what no key of that scope can hold", async () => {
    const pod = await t.seed.pod();
    const { address: inbox } = await t.seed.inbox(pod);
    const { token } = await t.seed.key({ pod });
    const podCreate = { permissions: { pod_create: true } };
    expect((await t.refusal(token, createApiKey, {}, podCreate)).code).toBe("permission.escalation");
    const inboxCreate = { permissions: { inbox_create: true } };
    const refusal = await t.refusal(t.rootToken, createApiKey, { inbox }, inboxCreate);
    expect(refusal.code).toBe("permission.escalation");
  });
});

it("a key whose pod or inbox is deleted while it is used is answered as one that is gone", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const actorOf = async (at: { pod: string } | { inbox: string }) =>
    t.authenticator.authenticate((await t.seed.key(at)).token);
  const [ofPod, ofInbox] = [await actorOf({ pod }), await actorOf({ inbox })];
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  await t.run(t.rootToken, deletePod, { pod }, undefined);
  const refusals = [
    await t.refusal(ofInbox, createApiKey, {}, {}),
    await t.refusal(ofPod, createApiKey, {}, {}),
    await t.refusal(ofPod, createInbox, {}, {}),
    await t.refusal(ofPod, createInbox, {}, { clientId: "late" }),
  ];
  expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill("auth.unknown_key"));
});
