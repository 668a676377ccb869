/** Who waits for whom at AUTH: passwords that are wrong, and those that are right meanwhile. */
import { expect, test } from "vitest";
import { fail } from "../../domain/door/failures.ts";
import type { SigningIn } from "../../domain/transit/sends/index.ts";
import { ADDRESS_SIGN_IN_BURST, SIGN_IN_BURST, SIGN_IN_PAUSE_MS, SIGN_INS_BEFORE_DOUBT } from "./limits.ts";
import { SmtpReply } from "./replies.ts";
import { createSignIn } from "./sign-ins.ts";

/** Clients of one inbox whose password is `right`. Time does not pass; what would wait is written down. */
function open() {
  const asked: SigningIn[] = [];
  const pauses: number[] = [];
  const signIn = createSignIn({
    submitter: {
      async signIn(address, secret, client) {
        asked.push(client);
        if (secret !== "right") throw fail("auth.unknown_key", { message: "Forbidden", hint: "Check it." });
        return { address, enter: async () => 100, submit: () => Promise.reject(new Error("no mail here")) };
      },
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    monotonicMs: () => 0,
    pause: async (ms) => void pauses.push(ms),
  });
  const by = async (network: string, password: string, username = "desk@rookery.test") => {
    const outcome = await signIn(
      { method: "PLAIN", username, password, validatePassword: () => false },
      network,
    );
    return outcome instanceof SmtpReply ? "refused" : outcome.address;
  };
  return { by, asked, pauses };
}

test("while an address's passwords are guessed from many networks, the right one is let in from another at once", async () => {
  const { by, asked, pauses } = open();
  for (let guess = 0; guess < ADDRESS_SIGN_IN_BURST; guess++)
    expect(await by(`net ${guess}`, "wrong")).toBe("refused");
  expect(pauses).toEqual([]);
  expect(await by("another guesser's", "wrong")).toBe("refused");
  expect(pauses).toHaveLength(1);
  expect(await by("the owner's", "right")).toBe("desk@rookery.test");
  expect(pauses).toHaveLength(1);
  expect(asked.at(-1)).toEqual({ network: "the owner's", standing: "new" });
});

test("a network that fails is answered the later the more it does, whatever addresses it tries, and no other is", async () => {
  const { by, pauses } = open();
  for (let guess = 0; guess < SIGN_IN_BURST; guess++)
    await by("guesser's", "wrong", `a${guess}@rookery.test`);
  expect(pauses).toEqual([]);
  for (let guess = 0; guess < 20; guess++) await by("guesser's", "wrong", `b${guess}@rookery.test`);
  expect(pauses).toHaveLength(20);
  expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
  expect(pauses.at(-1)).toBe(SIGN_IN_PAUSE_MS);
  await by("another's", "wrong", "c@rookery.test");
  expect(pauses).toHaveLength(20);
});

test("a network that fails is in doubt, but for those of its clients that were right; one that is right never is", async () => {
  const { by, asked } = open();
  for (let time = 0; time < 10; time++) await by("fleet's", "right", `agent-${time}@rookery.test`);
  expect(asked.some(({ standing }) => standing !== "new")).toBe(false);
  for (let guess = 0; guess <= SIGN_INS_BEFORE_DOUBT; guess++) await by("fleet's", "wrong");
  expect(asked.at(-1)?.standing).toBe("inDoubt");
  await by("fleet's", "right", "agent-1@rookery.test");
  expect(asked.at(-1)?.standing).toBe("proven");
  await by("fleet's", "right", "agent-new@rookery.test");
  expect(asked.at(-1)?.standing).toBe("inDoubt");
});
