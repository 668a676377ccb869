/** Which tokens are looked up, when, and how often. Which keys exist and what they may do is tested with the nouns. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { deleteApiKey } from "../../tenancy/api-keys/index.ts";
import { createAuthenticator } from "./authenticate.ts";
import type { LookUpPace } from "./key-look-up.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** An authenticator of the same database that counts its look-ups, each of which waits until it is let go. */
function counting({ holds = false } = {}) {
  const held: (() => void)[] = [];
  let lookUps = 0;
  const database: typeof t.database = {
    ...t.database,
    async readOnce(scope, work) {
      lookUps++;
      if (holds) await new Promise<void>((resolve) => held.push(resolve));
      return t.database.readOnce(scope, work);
    },
  };
  const authenticator = createAuthenticator(database, systemClock, () => undefined);
  authenticator.listening(true);
  return { authenticator, held, lookUps: () => lookUps };
}

const unknown = (name: string): string => `am_us_${name}_that_is_nobodys_key`;

test("an unknown key that is asked for again is refused without asking the database again", async () => {
  const { authenticator, lookUps } = counting();
  for (let times = 0; times < 3; times++)
    await expect(authenticator.authenticate(unknown("same"))).rejects.toMatchObject({
      code: "auth.unknown_key",
    });
  expect(lookUps()).toBe(1);
  expect((await authenticator.authenticate(t.rootToken)).keyId).not.toBeNull();
});

test("keys that are asked for while a look-up is under way are looked up together, each with its own answer", async () => {
  const { authenticator, held, lookUps } = counting({ holds: true });
  const first = authenticator.authenticate(unknown("first")).catch((error: { code: string }) => error.code);
  const others = [...Array.from({ length: 50 }, (_, index) => unknown(`other-${index}`)), t.rootToken].map(
    (token) =>
      authenticator.authenticate(token).then(
        ({ keyId }) => keyId,
        (error: { code: string }) => error.code,
      ),
  );
  await new Promise((resolve) => setImmediate(resolve));
  held[0]?.();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  held[1]?.();
  const answers = await Promise.all(others);
  expect(answers.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => "auth.unknown_key"));
  expect(answers.at(-1)).toMatch(/^[0-9a-f-]{36}$/);
  expect(lookUps()).toBe(2);
});

test("a key that another process has just made works at once", async () => {
  const { authenticator } = counting();
  await expect(authenticator.authenticate(unknown("before"))).rejects.toMatchObject({
    code: "auth.unknown_key",
  });
  const pod = await t.seed.pod();
  const { token } = await t.seed.key({ pod });
  expect((await authenticator.authenticate(token)).scope.podId).toBe(pod);
});

test("a pace counts tokens that were no key before; a right one is taken back, and never waits again", async () => {
  const { authenticator } = counting();
  const seen: string[] = [];
  const pace: LookUpPace = {
    during(lookUp) {
      seen.push("enter");
      return lookUp();
    },
    forgive: () => void seen.push("forgive"),
  };
  await authenticator.authenticate(t.rootToken, pace);
  expect(seen).toEqual(["enter", "forgive"]);
  await authenticator.authenticate(t.rootToken, pace);
  authenticator.forget(null);
  await authenticator.authenticate(t.rootToken, pace);
  expect(seen).toEqual(["enter", "forgive"]);
  for (let times = 0; times < 2; times++)
    await authenticator.authenticate(unknown("paced"), pace).catch(() => undefined);
  expect(seen).toEqual(["enter", "forgive", "enter", "enter"]);
});

test("a key that was deleted is a guess from its first refusal on", async () => {
  const { authenticator } = counting();
  const pod = await t.seed.pod();
  const { token, id } = await t.seed.key({ pod });
  let entered = 0;
  const pace: LookUpPace = {
    during(lookUp) {
      entered++;
      return lookUp();
    },
    forgive: () => undefined,
  };
  await authenticator.authenticate(token, pace);
  await t.run(t.rootToken, deleteApiKey, { pod }, { id, exact: false });
  authenticator.forget(id);
  for (const seen of [1, 2]) {
    await expect(authenticator.authenticate(token, pace)).rejects.toMatchObject({ code: "auth.unknown_key" });
    expect(entered).toBe(seen);
  }
});
