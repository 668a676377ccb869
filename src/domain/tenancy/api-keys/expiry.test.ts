import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createAuthenticator } from "../../door/access/index.ts";
import { createApiKey, getApiKey } from "./index.ts";

const HOUR_MS = 3_600_000;

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS);

/** Another process, as it were: it remembers keys, and its clock is set by hand. */
function remembering() {
  const set = { at: new Date() };
  const clock = { ...t.parts.clock, now: () => set.at };
  const authenticator = createAuthenticator(t.database, clock, () => undefined);
  authenticator.listening(true);
  return { authenticator, set };
}

describe("a key that expires", () => {
  it("says when, works until then, and is refused from that moment on by every process that remembers it", async () => {
    const pod = await t.seed.pod();
    const expiresAt = inHours(1);
    const { key, secret } = await t.run(t.rootToken, createApiKey, { pod }, { expiresAt });
    expect(key.expiresAt).toEqual(expiresAt);
    const read = await t.run(t.rootToken, getApiKey, {}, { id: key.id, exact: false });
    expect(read.expiresAt).toEqual(expiresAt);
    for (const { authenticator, set } of [remembering(), remembering()]) {
      await authenticator.authenticate(secret);
      set.at = new Date(expiresAt.getTime() - 1);
      expect((await authenticator.authenticate(secret)).keyId).toBe(key.id);
      set.at = expiresAt;
      await expect(authenticator.authenticate(secret)).rejects.toMatchObject({ code: "auth.expired_key" });
    }
  });

  it("is not made for a moment that is over", async () => {
    const refused = await t.refusal(t.rootToken, createApiKey, {}, { expiresAt: new Date(Date.now() - 1) });
    expect(refused).toMatchObject({ code: "input.invalid", details: { path: ["expiresAt"] } });
  });
});

describe("a key that is made by one that expires", () => {
  it("dies with it unless it dies before, and cannot be made to outlive it", async () => {
    const pod = await t.seed.pod();
    const expiresAt = inHours(2);
    const { secret } = await t.run(t.rootToken, createApiKey, { pod }, { expiresAt });
    const made = (input: { expiresAt?: Date }) => t.run(secret, createApiKey, {}, input);
    expect((await made({})).key.expiresAt).toEqual(expiresAt);
    expect((await made({ expiresAt })).key.expiresAt).toEqual(expiresAt);
    expect((await made({ expiresAt: inHours(1) })).key.expiresAt).not.toEqual(expiresAt);
    const refused = await t.refusal(secret, createApiKey, {}, { expiresAt: inHours(3) });
    expect(refused.code).toBe("permission.escalation");
    const child = await made({});
    expect((await t.refusal(child.secret, createApiKey, {}, { expiresAt: inHours(3) })).code).toBe(
      "permission.escalation",
    );
  });
});
