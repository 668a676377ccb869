/** How keys look on the wire; what they may do is tested beside the operations. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type V0Caller, v0Caller } from "../../../../test/support/v0-caller.ts";
import { permissions, systemScope } from "../../../domain/door/access/index.ts";
import { Failure } from "../../../domain/door/failures.ts";
import { failureAnswer } from "./errors.ts";

let t: TestDoor;
let call: V0Caller;
beforeAll(async () => {
  t = await openTestDoor();
  call = v0Caller(t);
});
afterAll(() => t.close());

const create = (body: object, params: Readonly<Record<string, string>> = {}, client = "") =>
  call(t.rootToken, `${client}apiKeys.create`, { params, body });

it("a new key shows its secret, a read one only how it begins, and neither what it has not", async () => {
  const { address: inbox_id, podId: pod_id } = await t.seed.inbox();
  const made = await create({}, { inbox_id }, "inboxes.");
  expect(made).toMatchObject({ status: 200, body: { organization_id: t.organizationId, pod_id, inbox_id } });
  const { api_key_id, api_key, prefix } = made.body;
  const read = await call(t.rootToken, "apiKeys.get", { params: { api_key_id: String(api_key_id) } });
  expect(read.body).toMatchObject({
    api_key_id,
    type: "bearer",
    name: "API Key",
    prefix,
    updated_at: expect.any(String),
  });
  expect(read.text).not.toContain(String(api_key).slice(String(prefix).length));
  for (const field of ["api_key", "permissions", "expires_at"])
    expect(read.body, field).not.toHaveProperty(field);
});

it("when a key expires is shown with its secret and later, cannot be changed, and 401 from then on", async () => {
  const expires_at = new Date(Date.now() + 60_000).toISOString();
  const made = await create({ expires_at });
  expect(made).toMatchObject({ status: 200, body: { expires_at } });
  const params = { api_key_id: String(made.body["api_key_id"]) };
  expect((await call(t.rootToken, "apiKeys.get", { params })).body).toMatchObject({ expires_at });
  expect(await call(t.rootToken, "apiKeys.update", { params, body: { expires_at } })).toMatchObject({
    status: 400,
    body: { errors: [{ path: ["expires_at"] }] },
  });
  const secret = String(made.body["api_key"]);
  const later = await call(secret, "apiKeys.create", { body: { expires_at: "2999-01-01T00:00:00Z" } });
  expect(later).toMatchObject({ status: 403, body: { code: "permission_escalation" } });
  await t.behind((tx) =>
    sql`update api_keys set expires_at = now() where id = ${params.api_key_id}::uuid`.execute(
      tx.within(systemScope),
    ),
  );
  const expired = await t.authenticator.authenticate(secret).catch((error: unknown) => error);
  if (!(expired instanceof Failure)) throw new Error("an expired key was let in");
  expect(failureAnswer(expired)).toMatchObject({ status: 401, body: { code: "api_key_expired" } });
});

it("permissions are shown as flags, every known one among them", async () => {
  const { body } = await create({ permissions: { message_read: true } });
  const flags = Object.entries(Object(body["permissions"]));
  const older = ["provider_connect", "provider_share_owner"];
  expect(flags.map(([name]) => name).sort()).toEqual([...permissions, ...older].sort());
  expect(flags.filter(([, isHeld]) => isHeld)).toEqual([["message_read", true]]);
});

it("a permission is granted and shown by its older name as by its own, and not by both at odds", async () => {
  for (const name of ["provider_connect", "app_connect"])
    expect((await create({ permissions: { [name]: true } })).body["permissions"]).toMatchObject({
      app_connect: true,
      provider_connect: true,
      app_share_owner: false,
      provider_share_owner: false,
    });
  const both = (provider_connect: boolean) =>
    create({ permissions: { app_connect: true, provider_connect } });
  expect((await both(true)).status).toBe(200);
  expect(await both(false)).toMatchObject({ status: 400, body: { errors: [{ path: ["permissions"] }] } });
});

it("who a key is says its scope, and names no pod or inbox that it has not", async () => {
  const { address: inbox_id, podId: pod_id } = await t.seed.inbox(await t.seed.pod());
  const organization_id = t.organizationId;
  const ofInbox = await t.seed.key({ inbox: inbox_id });
  const ofPod = await t.seed.key({ pod: pod_id });
  expect((await call(ofInbox.token, "auth.me")).body).toEqual({
    scope_type: "inbox",
    scope_id: inbox_id,
    organization_id,
    pod_id,
    inbox_id,
    api_key_id: ofInbox.id,
  });
  expect((await call(ofPod.token, "auth.me")).body).toEqual({
    scope_type: "pod",
    scope_id: pod_id,
    organization_id,
    pod_id,
    api_key_id: ofPod.id,
  });
  expect((await call(t.rootToken, "auth.me")).body).toEqual({
    scope_type: "organization",
    scope_id: organization_id,
    organization_id,
    api_key_id: expect.any(String),
  });
});

it("what is not supported, or no name, is refused under the name that the caller gave", async () => {
  for (const [body, path] of [
    [{ name: "a\r\nBcc: x@example.com" }, "name"],
    [{ expires_at: "2020-01-01T00:00:00.000Z" }, "expires_at"],
  ] as const)
    expect(await create(body)).toMatchObject({
      status: 400,
      body: { code: "validation_error", errors: [{ path: [path] }] },
    });
  const { status, body } = await create({ public_key: { kty: "EC" } });
  expect([status, body]).toMatchObject([400, { errors: [{ path: ["public_key", "crv"] }, {}, {}] }]);
});

it("a list keeps to the level of its route, and a key that is none is 404, a deletion 204", async () => {
  const pod_id = await t.seed.pod();
  const { address: inbox_id } = await t.seed.inbox(pod_id);
  const [ofPod, ofInbox] = [await t.seed.key({ pod: pod_id }), await t.seed.key({ inbox: inbox_id })];
  const listed = await call(t.rootToken, "pods.apiKeys.list", { params: { pod_id } });
  expect(listed.body).toMatchObject({ count: 1, api_keys: [{ api_key_id: ofPod.id }] });
  const remove = (api_key_id: string) =>
    call(t.rootToken, "pods.apiKeys.delete", { params: { pod_id, api_key_id } });
  expect(await remove(ofInbox.id)).toMatchObject({
    status: 404,
    body: { code: "not_found", message: "API key not found" },
  });
  expect((await remove(ofPod.id)).status).toBe(204);
});
