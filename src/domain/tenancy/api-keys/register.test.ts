import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createPod } from "../pods/index.ts";
import { createApiKey, deleteApiKey, getApiKey, listApiKeys, rotateKeys, updateApiKey } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A new key pair's public half. */
function newJwk() {
  const { x = "", y = "" } = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({
    format: "jwk",
  });
  return { kty: "EC", crv: "P-256", x, y } as const;
}

const named = (id: string, exact = false) => ({ id, exact });

it("a public key is registered once under its client_id, found by it, and its name is free again when it is deleted", async () => {
  const pod = await t.seed.pod();
  const publicKey = newJwk();
  const register = (jwk = publicKey) =>
    t.run(t.rootToken, createApiKey, { pod }, { publicKey: jwk, clientId: "agent-1" });
  const { key, secret } = await register();
  expect(secret).toBe("");
  expect(key).toMatchObject({
    podId: pod,
    clientId: "agent-1",
    name: expect.stringMatching(/^AgentID key .{8}$/),
  });
  expect((await register()).key.id).toBe(key.id);
  const other = { publicKey: newJwk(), clientId: "agent-1" };
  expect((await t.refusal(t.rootToken, createApiKey, { pod }, other)).code).toBe("object.conflict");
  expect((await t.run(t.rootToken, getApiKey, { pod }, named("agent-1", true))).publicKey?.jwk).toEqual(
    publicKey,
  );
  const renamed = await t.run(t.rootToken, updateApiKey, {}, { ...named("agent-1"), name: "Renamed" });
  expect(renamed).toMatchObject({ id: key.id, name: "Renamed" });
  await t.run(t.rootToken, deleteApiKey, { pod }, named("agent-1", true));
  expect((await t.refusal(t.rootToken, getApiKey, {}, named("agent-1"))).code).toBe("object.not_found");
  expect((await register(newJwk())).key.id).not.toBe(key.id);
});

it("a client_id that keys of two owners have names neither from above, and each in its own scope", async () => {
  const pods = [await t.seed.pod(), await t.seed.pod()];
  const ids: string[] = [];
  for (const pod of pods) {
    const input = { publicKey: newJwk(), clientId: "twice" };
    ids.push((await t.run(t.rootToken, createApiKey, { pod }, input)).key.id);
  }
  expect((await t.refusal(t.rootToken, getApiKey, {}, named("twice"))).code).toBe("object.not_found");
  for (const [index, pod] of pods.entries())
    expect((await t.run(t.rootToken, getApiKey, { pod }, named("twice", true))).id).toBe(ids[index]);
});

it("a public key has no more rights and no longer life than the key that registers it, and the same by itself", async () => {
  const expiresAt = new Date(Date.now() + 60_000);
  const { secret: maker } = await t.run(
    t.rootToken,
    createApiKey,
    {},
    {
      permissions: { api_key_create: true, message_read: true },
      expiresAt,
    },
  );
  const { key } = await t.run(maker, createApiKey, {}, { publicKey: newJwk() });
  expect(key).toMatchObject({ permissions: { api_key_create: true, message_read: true }, expiresAt });
  const more = { publicKey: newJwk(), permissions: { message_send: true } };
  expect((await t.refusal(maker, createApiKey, {}, more)).code).toBe("permission.escalation");
  const later = { publicKey: newJwk(), expiresAt: new Date(expiresAt.getTime() + 1) };
  expect((await t.refusal(maker, createApiKey, {}, later)).code).toBe("permission.escalation");
});

it("lists tell the two kinds apart, no public key lets anybody in, and none is rotated", async () => {
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: "tenant-of-keys" });
  const bearer = await t.run(t.rootToken, createApiKey, { pod }, { name: "agent" });
  const { key } = await t.run(t.rootToken, createApiKey, { pod }, { publicKey: newJwk(), name: "agent" });
  const list = async (type?: "bearer" | "public_key") =>
    (
      await t.run(t.rootToken, listApiKeys, { pod }, { page: firstPage, exact: true, ...(type && { type }) })
    ).items.map(({ id }) => id);
  expect(await list()).toEqual([key.id, bearer.key.id]);
  expect(await list("public_key")).toEqual([key.id]);
  expect(await list("bearer")).toEqual([bearer.key.id]);
  for (const token of ["", key.id, key.publicKey?.fingerprint ?? "", JSON.stringify(key.publicKey?.jwk)])
    await expect(t.authenticator.authenticate(token)).rejects.toMatchObject({ code: "auth.unknown_key" });
  const rotated = await t.run(
    t.rootToken,
    rotateKeys,
    {},
    {
      names: ["agent"],
      tenants: null,
      overlapSeconds: 0,
      from: null,
    },
  );
  expect(rotated.rotations.map(({ replacedId }) => replacedId)).toEqual([bearer.key.id]);
  expect(await list("public_key")).toEqual([key.id]);
});

it("what is no point of the curve, or is written in another way, is refused at its member", async () => {
  const jwk = newJwk();
  const refusal = (publicKey: typeof jwk) => t.refusal(t.rootToken, createApiKey, {}, { publicKey });
  const at = (...path: string[]) => ({ code: "input.invalid", details: { path } });
  expect(await refusal({ ...jwk, y: jwk.x })).toMatchObject(at("publicKey"));
  expect(await refusal({ ...jwk, x: `${jwk.x}=` })).toMatchObject(at("publicKey", "x"));
  expect(await refusal({ ...jwk, y: "AA" })).toMatchObject(at("publicKey", "y"));
});
