import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { organizationActor, systemScope } from "../../door/access/index.ts";
import { createPod } from "../pods/index.ts";
import { codeMailed, makeCode, signUp, verifySignUp } from "./index.ts";
import { MAX_CODE_TRIES, MAX_CODES_PER_DAY } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function agent(username: string) {
  const actor = organizationActor("sign-up", t.parts.lent.newId());
  const humanEmail = `${username}@outside.test`;
  const { secret, organizationId } = await t.run(actor, signUp, {}, { username, humanEmail, network: null });
  return {
    secret,
    make: () => t.run(actor, makeCode, {}, undefined),
    mailed: () => t.run(actor, codeMailed, {}, undefined),
    verify: (code: string) => t.run(secret, verifySignUp, {}, { code }),
    set: (column: string, value: unknown) =>
      t.behind((tx) =>
        sql`update sign_ups set ${sql.ref(column)} = ${value} where organization_id = ${organizationId}`.execute(
          tx.within(systemScope),
        ),
      ),
  };
}

const codeOf = (made: { readonly code: string } | null): string => {
  if (made === null) throw new Error("no code was made");
  return made.code;
};
const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, "0");

it("the code lifts the bounds of its organization, once; that of another agent does not", async () => {
  const [own, other] = [await agent("own"), await agent("other")];
  const [code, foreign] = [codeOf(await own.make()), codeOf(await other.make())];
  expect(code).toMatch(/^\d{6}$/);
  if (foreign !== code) expect(await own.verify(foreign)).toMatchObject({ isVerified: false });
  expect((await t.refusal(own.secret, createPod, {}, {})).code).toBe("permission.missing");
  expect(await own.verify(` ${code} `)).toEqual({ isVerified: true });
  await t.run(own.secret, createPod, {}, {});
  expect((await t.refusal(own.secret, verifySignUp, {}, { code })).code).toBe("permission.missing");
  expect(await own.make()).toBeNull();
  expect((await t.refusal(t.rootToken, verifySignUp, {}, { code })).code).toBe("permission.missing");
});

it("of ten wrong codes on none is taken, the right one neither, until another was mailed", async () => {
  const { make, verify, set } = await agent("guesser");
  const code = codeOf(await make());
  for (let n = 0; n < MAX_CODE_TRIES; n++)
    expect(await verify(wrong(code))).toMatchObject({ isVerified: false, why: { code: "input.invalid" } });
  expect(await verify(code)).toMatchObject({ isVerified: false, why: { code: "limit.exceeded" } });
  await set("code_expires_at", new Date(0));
  expect(await verify(codeOf(await make()))).toEqual({ isVerified: true });
});

it("a code that has expired is wrong", async () => {
  const { make, verify, set } = await agent("late");
  const code = codeOf(await make());
  await set("code_expires_at", new Date(Date.now() - 1000));
  expect(await verify(code)).toMatchObject({ isVerified: false, why: { code: "input.invalid" } });
});

it("another is made only when the one before never left or has expired, and a few times a day", async () => {
  const { make, mailed, set } = await agent("often");
  for (let n = 0; n < MAX_CODES_PER_DAY; n++) {
    codeOf(await make());
    await mailed();
    expect(await make()).toBeNull();
    await set("code_mailed_at", null);
  }
  expect(await make()).toBeNull();
  await set("codes_on", "2020-01-01");
  codeOf(await make());
});
