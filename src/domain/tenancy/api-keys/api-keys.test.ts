import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { listen } from "../../../storage/listen.ts";
import { KEY_CHANNEL, permissions, systemScope } from "../../door/access/index.ts";
import { createInbox } from "../inboxes/index.ts";
import { createApiKey } from "./create.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => {
  await t.close();
});

interface Key {
  readonly id: string;
  readonly token: string;
  readonly body: Record<string, unknown>;
}

async function makeKey(
  maker: string,
  where: { pod?: string; inbox?: string } = {},
  body: object = {},
): Promise<Key> {
  const name =
    where.pod !== undefined
      ? "pods.apiKeys.create"
      : where.inbox !== undefined
        ? "inboxes.apiKeys.create"
        : "apiKeys.create";
  const params = { ...(where.pod && { pod_id: where.pod }), ...(where.inbox && { inbox_id: where.inbox }) };
  const answer = await t.call(maker, name, { params, body });
  expect(answer, answer.text).toMatchObject({ status: 200 });
  return { id: String(answer.body["api_key_id"]), token: String(answer.body["api_key"]), body: answer.body };
}

async function makePod(): Promise<string> {
  return String((await t.call(t.rootToken, "pods.create", { body: { name: "Acme" } })).body["pod_id"]);
}

async function makeInbox(pod: string): Promise<string> {
  return String(
    (await t.call(t.rootToken, "pods.inboxes.create", { params: { pod_id: pod } })).body["inbox_id"],
  );
}

/** Ids of the keys that a list route gives. */
async function idsOf(
  token: string,
  name: string,
  params: Record<string, string> = {},
  query: Record<string, string> = {},
): Promise<string[]> {
  const answer = await t.call(token, name, { params, query });
  expect(answer.status, answer.text).toBe(200);
  const keys = answer.body["api_keys"];
  return Array.isArray(keys) ? keys.map((key: { api_key_id: string }) => key.api_key_id) : [];
}

const granting = (...names: string[]) => ({
  permissions: Object.fromEntries(names.map((name) => [name, true])),
});

describe("a new key", () => {
  it("shows its token once and leaves no trace of it in the database", async () => {
    const pod = await makePod();
    const inbox = await makeInbox(pod);
    const made = [
      await makeKey(t.rootToken),
      await makeKey(t.rootToken, { pod }),
      await makeKey(t.rootToken, { inbox }),
    ];
    expect(made.map((key) => key.token)).toEqual([
      expect.stringMatching(/^am_us_[0-9a-f]{64}$/),
      expect.stringMatching(/^am_us_pod_[0-9a-f]{64}$/),
      expect.stringMatching(/^am_us_inbox_[0-9a-f]{64}$/),
    ]);
    for (const key of made) {
      const shown = String(key.body["prefix"]);
      expect(key.token.startsWith(shown)).toBe(true);
      expect(shown).toHaveLength(key.token.length - 58);
      const rows = await t.behind((tx) =>
        tx.within(systemScope).selectFrom("api_keys").selectAll().where("id", "=", key.id).execute(),
      );
      const audit = await t.behind((tx) =>
        tx.within(systemScope).selectFrom("audit").selectAll().where("target", "=", key.id).execute(),
      );
      expect([rows.length, audit.length]).toEqual([1, 1]);
      const stored = JSON.stringify([rows, audit]) + rows[0]?.secret_sha256.toString("latin1");
      expect(stored).toContain(shown);
      expect(stored).not.toContain(key.token.slice(shown.length));
      const read = await t.call(t.rootToken, "apiKeys.get", { params: { api_key_id: key.id } });
      expect(read.body).toMatchObject({
        type: "bearer",
        name: "API Key",
        prefix: shown,
        updated_at: expect.any(String),
      });
      expect(read.text).not.toContain(key.token.slice(shown.length));
      expect(Object.keys(read.body)).not.toContain("permissions");
      expect(Object.keys(read.body)).not.toContain("expires_at");
    }
    expect(made[2]?.body).toMatchObject({ organization_id: t.organizationId, pod_id: pod, inbox_id: inbox });
  });

  it("knows what it is a key to, also when it was made by a key of its own scope", async () => {
    const pod = await makePod();
    const inbox = await makeInbox(pod);
    const inboxKey = await makeKey((await makeKey(t.rootToken, { inbox })).token);
    const podKey = await makeKey((await makeKey(t.rootToken, { pod })).token);
    expect(inboxKey.body).toMatchObject({ pod_id: pod, inbox_id: inbox });
    const organization_id = t.organizationId;
    expect((await t.call(inboxKey.token, "auth.me")).body).toEqual({
      scope_type: "inbox",
      scope_id: inbox,
      organization_id,
      pod_id: pod,
      inbox_id: inbox,
      api_key_id: inboxKey.id,
    });
    expect((await t.call(podKey.token, "auth.me")).body).toEqual({
      scope_type: "pod",
      scope_id: pod,
      organization_id,
      pod_id: pod,
      api_key_id: podKey.id,
    });
    expect(Object.keys((await t.call(t.rootToken, "auth.me")).body).sort()).toEqual([
      "api_key_id",
      "organization_id",
      "scope_id",
      "scope_type",
    ]);
  });

  it("is refused when its name would break a header or its type is not supported", async () => {
    const refused = async (body: object) => (await t.call(t.rootToken, "apiKeys.create", { body })).body;
    for (const name of ["a\r\nBcc: x@example.com", "a\u0000b", "", "x".repeat(257)])
      expect(await refused({ name })).toMatchObject({
        code: "validation_error",
        errors: [{ path: ["name"] }],
      });
    expect(await refused({ public_key: { kty: "EC" } })).toMatchObject({
      errors: [{ path: ["public_key"], message: expect.stringContaining("not supported") }],
    });
    expect(await refused({ expires_at: "2030-01-01T00:00:00.000Z" })).toMatchObject({
      errors: [{ path: ["expires_at"] }],
    });
    const many = Object.fromEntries(Array.from({ length: 81 }, (_, index) => [`flag_${index}`, true]));
    expect(await refused({ permissions: many })).toMatchObject({ errors: [{ path: ["permissions"] }] });
  });
});

describe("a restricted key", () => {
  it("makes keys with what it holds and never with more", async () => {
    const maker = await makeKey(t.rootToken, {}, granting("api_key_create", "message_read"));
    const child = await makeKey(maker.token, {}, granting("message_read"));
    expect(Object.keys(child.body["permissions"] ?? {}).sort()).toEqual([...permissions].sort());
    expect(child.body["permissions"]).toMatchObject({
      message_read: true,
      message_send: false,
      api_key_create: false,
    });
    const codeOf = async (body: object) =>
      (await t.call(maker.token, "apiKeys.create", { body })).body["code"];
    expect(await codeOf(granting("message_read", "message_send"))).toBe("permission_escalation");
    expect(await codeOf(granting("a_flag_of_tomorrow"))).toBe("permission_escalation");
    // Not held by unrestricted keys either, but theirs to give.
    expect(await codeOf(granting("message_read", "provider_connect"))).toBe("permission_escalation");
    const connecting = await makeKey(t.rootToken, {}, granting("provider_connect"));
    expect(connecting.body["permissions"]).toMatchObject({ provider_connect: true });
    expect(await codeOf({ permissions: null })).toBe("unrestricted_key_required");
    expect(await codeOf({})).toBe("unrestricted_key_required");
    expect(
      (await t.call(child.token, "apiKeys.create", { body: granting("message_read") })).body["code"],
    ).toBe("missing_permission");
  });

  it("cannot widen itself, nor touch a key that holds more", async () => {
    const own = await makeKey(t.rootToken, {}, granting("api_key_update", "message_read"));
    const wider = await makeKey(t.rootToken, {}, granting("api_key_update", "message_read", "message_send"));
    const unrestricted = await makeKey(t.rootToken, {}, { name: "Owner" });
    const codeOf = async (id: string, body: object) =>
      (await t.call(own.token, "apiKeys.update", { params: { api_key_id: id }, body })).body["code"];
    expect(await codeOf(own.id, granting("api_key_update", "message_delete"))).toBe("permission_escalation");
    expect(await codeOf(own.id, { permissions: null })).toBe("unrestricted_key_required");
    expect(await codeOf(wider.id, { name: "Mine" })).toBe("permission_escalation");
    expect(await codeOf(wider.id, granting("message_read"))).toBe("permission_escalation");
    expect(await codeOf(unrestricted.id, { name: "Mine" })).toBe("unrestricted_key_required");
    const unchanged = await t.call(t.rootToken, "apiKeys.get", { params: { api_key_id: unrestricted.id } });
    expect(unchanged.body).toMatchObject({ name: "Owner", updated_at: unrestricted.body["created_at"] });
    const narrowed = await t.call(own.token, "apiKeys.update", {
      params: { api_key_id: own.id },
      body: granting("message_read"),
    });
    expect(narrowed.body["permissions"]).toMatchObject({ message_read: true, api_key_update: false });
    expect(await codeOf(own.id, { name: "Again" })).toBe("missing_permission");
  });

  it("of a narrower scope does not give what no key of that scope can hold", async () => {
    const pod = await makePod();
    const inbox = await makeInbox(pod);
    const podKey = await makeKey(t.rootToken, { pod });
    const asked = { params: { inbox_id: inbox }, body: granting("inbox_create") };
    expect(
      (await t.call(podKey.token, "apiKeys.create", { body: granting("pod_create") })).body["code"],
    ).toBe("permission_escalation");
    expect((await t.call(t.rootToken, "inboxes.apiKeys.create", asked)).body["code"]).toBe(
      "permission_escalation",
    );
  });
});

describe("a key that may delete keys", () => {
  it("deletes those that hold no more than it does, and not the root key nor any other that holds more", async () => {
    const { api_key_id: rootId } = (await t.call(t.rootToken, "auth.me")).body;
    const maker = await makeKey(t.rootToken, {}, granting("api_key_delete", "message_read"));
    const [lesser, other] = [
      await makeKey(t.rootToken, {}, granting("message_read")),
      await makeKey(t.rootToken, {}, granting("message_send")),
    ];
    const remove = async (id: unknown) => {
      const answer = await t.call(maker.token, "apiKeys.delete", { params: { api_key_id: String(id) } });
      return [answer.status, answer.body["code"]];
    };
    expect(await remove(rootId)).toEqual([403, "unrestricted_key_required"]);
    expect(await remove(other.id)).toEqual([403, "permission_escalation"]);
    expect(await idsOf(t.rootToken, "apiKeys.list")).toEqual(expect.arrayContaining([rootId, other.id]));
    expect(await remove(lesser.id)).toEqual([204, undefined]);
    expect(await idsOf(t.rootToken, "apiKeys.list")).not.toContain(lesser.id);
    expect(await remove(maker.id)).toEqual([204, undefined]);
  });
});

describe("keys of a scope", () => {
  it("are listed at exactly their own level, and from above all together", async () => {
    const pod = await makePod();
    const inbox = await makeInbox(pod);
    const other = await makePod();
    const organizationKey = await makeKey(t.rootToken);
    const podKey = await makeKey(t.rootToken, { pod });
    const inboxKey = await makeKey(t.rootToken, { inbox });
    const otherKey = await makeKey(t.rootToken, { pod: other });

    expect(await idsOf(t.rootToken, "pods.apiKeys.list", { pod_id: pod })).toEqual([podKey.id]);
    expect(await idsOf(t.rootToken, "inboxes.apiKeys.list", { inbox_id: inbox })).toEqual([inboxKey.id]);
    expect(await idsOf(podKey.token, "apiKeys.list")).toEqual([inboxKey.id, podKey.id]);
    expect(await idsOf(podKey.token, "apiKeys.list", {}, { ascending: "true" })).toEqual([
      podKey.id,
      inboxKey.id,
    ]);
    expect(await idsOf(podKey.token, "apiKeys.list", {}, { type: "bearer", limit: "1" })).toEqual([
      inboxKey.id,
    ]);
    expect(await idsOf(podKey.token, "apiKeys.list", {}, { type: "public_key" })).toEqual([]);
    expect(await idsOf(inboxKey.token, "apiKeys.list")).toEqual([inboxKey.id]);
    const all = await idsOf(t.rootToken, "apiKeys.list", {}, { limit: "1000" });
    expect(all).toEqual(expect.arrayContaining([organizationKey.id, podKey.id, inboxKey.id, otherKey.id]));
  });

  it("cannot be read, changed or deleted from beside, below or through the wrong level", async () => {
    const pod = await makePod();
    const inbox = await makeInbox(pod);
    const organizationKey = await makeKey(t.rootToken);
    const podKey = await makeKey(t.rootToken, { pod });
    const inboxKey = await makeKey(t.rootToken, { inbox });
    const stranger = await makeKey(t.rootToken, { pod: await makePod() });
    const tries: readonly (readonly [token: string, route: string, params: Record<string, string>])[] = [
      [stranger.token, "apiKeys", { api_key_id: podKey.id }],
      [stranger.token, "apiKeys", { api_key_id: organizationKey.id }],
      [podKey.token, "apiKeys", { api_key_id: organizationKey.id }],
      [inboxKey.token, "apiKeys", { api_key_id: podKey.id }],
      [t.rootToken, "pods.apiKeys", { pod_id: pod, api_key_id: inboxKey.id }],
      [t.rootToken, "pods.apiKeys", { pod_id: pod, api_key_id: organizationKey.id }],
      [t.rootToken, "inboxes.apiKeys", { inbox_id: inbox, api_key_id: podKey.id }],
      [t.rootToken, "apiKeys", { api_key_id: "not-an-id" }],
    ];
    for (const [token, route, params] of tries) {
      const answers = [
        await t.call(token, `${route}.update`, { params, body: { name: "Mine" } }),
        await t.call(token, `${route}.delete`, { params }),
        ...(route === "apiKeys" ? [await t.call(token, "apiKeys.get", { params })] : []),
      ];
      for (const answer of answers)
        expect(answer).toMatchObject({
          status: 404,
          body: { code: "not_found", message: "API key not found" },
        });
    }
    for (const key of [organizationKey, podKey, inboxKey])
      expect((await t.call(key.token, "auth.me")).body["api_key_id"]).toBe(key.id);
    const named = await t.behind((tx) =>
      tx.within(systemScope).selectFrom("api_keys").select("id").where("name", "=", "Mine").execute(),
    );
    expect(named).toEqual([]);
  });

  it("are revoked at once, and every process is told which", async () => {
    const pod = await makePod();
    const key = await makeKey(t.rootToken, { pod });
    const notices: string[] = [];
    const heard = Promise.withResolvers<void>();
    const onNotice = (payload: string): void => {
      if (notices.push(payload) === 2) heard.resolve();
    };
    const stop = await listen(t.engine, { channel: KEY_CHANNEL, onNotice, onState: () => undefined });
    const params = { pod_id: pod, api_key_id: key.id };
    await t.call(t.rootToken, "pods.apiKeys.update", { params, body: granting("message_read") });
    expect((await t.call(t.rootToken, "pods.apiKeys.delete", { params })).status).toBe(204);
    await heard.promise;
    await stop();
    expect(notices).toEqual([key.id, key.id]);
    await expect(t.call(key.token, "auth.me")).rejects.toMatchObject({ code: "auth.unknown_key" });
    expect((await t.call(t.rootToken, "pods.apiKeys.delete", { params })).status).toBe(404);
  });

  it("are looked up anew by the process that changed them before it answers, however long the notice takes", async () => {
    const pod = await makePod();
    const inbox = await makeInbox(pod);
    const [key, ofPod, ofInbox] = [
      await makeKey(t.rootToken, {}, granting("api_key_read")),
      await makeKey(t.rootToken, { pod }),
      await makeKey(t.rootToken, { inbox }),
    ];
    // From here on keys are remembered. No notice ever comes: only the door can say that one was changed.
    t.authenticator.listening(true);
    try {
      for (const { token } of [key, ofPod, ofInbox]) await t.call(token, "auth.me");
      expect((await t.call(key.token, "apiKeys.list")).status).toBe(200);
      const params = { api_key_id: key.id };
      await t.call(t.rootToken, "apiKeys.update", { params, body: { permissions: {} } });
      expect((await t.call(key.token, "apiKeys.list")).status).toBe(403);
      await t.call(t.rootToken, "apiKeys.delete", { params });
      await t.call(t.rootToken, "inboxes.delete", { params: { inbox_id: inbox } });
      await expect(t.call(key.token, "auth.me")).rejects.toMatchObject({ code: "auth.unknown_key" });
      await expect(t.call(ofInbox.token, "auth.me")).rejects.toMatchObject({ code: "auth.unknown_key" });
      expect((await t.call(ofPod.token, "auth.me")).status).toBe(200);
      await t.call(t.rootToken, "pods.delete", { params: { pod_id: pod } });
      await expect(t.call(ofPod.token, "auth.me")).rejects.toMatchObject({ code: "auth.unknown_key" });
    } finally {
      t.authenticator.listening(false);
    }
  });

  it("whose pod or inbox is deleted while they are used are answered as keys that are gone", async () => {
    const pod = await makePod();
    const inbox = await makeInbox(pod);
    const [ofPod, ofInbox] = [await makeKey(t.rootToken, { pod }), await makeKey(t.rootToken, { inbox })];
    const actors = {
      pod: await t.authenticator.authenticate(ofPod.token),
      inbox: await t.authenticator.authenticate(ofInbox.token),
    };
    await t.call(t.rootToken, "inboxes.delete", { params: { inbox_id: inbox } });
    await t.call(t.rootToken, "pods.delete", { params: { pod_id: pod } });
    const gone = { code: "auth.unknown_key" };
    await expect(t.door.run(createApiKey, actors.inbox, {}, {})).rejects.toMatchObject(gone);
    await expect(t.door.run(createApiKey, actors.pod, {}, {})).rejects.toMatchObject(gone);
    await expect(t.door.run(createInbox, actors.pod, {}, {})).rejects.toMatchObject(gone);
    await expect(t.door.run(createInbox, actors.pod, {}, { clientId: "late" })).rejects.toMatchObject(gone);
  });
});
