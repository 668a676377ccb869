/** Passwords that are compared: in whose turn, and who waits for the wrong ones. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";
import { createSubmitter } from "./index.ts";

const PASSWORD = "First-App-Password-1";
const IN_DOUBT = true;

let t: TestDoor;
let address: string;
beforeAll(async () => {
  t = await openTestDoor();
  ({ address } = await t.run(t.rootToken, createInbox, {}, { appPassword: PASSWORD }));
});
afterAll(() => t.close());

test("after a wrong password of a network in doubt all in doubt wait, and nobody else does", async () => {
  const rests: (() => void)[] = [];
  const submitter = createSubmitter({
    ...t,
    mimeCodec: inProcessCodec,
    newId: () => crypto.randomUUID(),
    clock: systemClock,
    pause: () => new Promise((resolve) => rests.push(resolve)),
  });
  const done: string[] = [];
  const signIn = (network: string, password: string, isInDoubt: boolean): Promise<void> =>
    submitter.signIn(address, password, { network, isInDoubt }).then(
      () => void done.push(`${network} in`),
      () => void done.push(`${network} refused`),
    );
  await signIn("guesser's", "Wrong-App-Password-1", IN_DOUBT);
  expect(rests).toHaveLength(1);
  const waiting = [
    signIn("guesser's", "Wrong-App-Password-2", IN_DOUBT),
    signIn("shared", PASSWORD, IN_DOUBT),
  ];
  await signIn("stranger's", "Wrong-App-Password-3", !IN_DOUBT);
  await signIn("owner's", PASSWORD, !IN_DOUBT);
  expect(done).toEqual(["guesser's refused", "stranger's refused", "owner's in"]);
  rests.shift()?.();
  // A right one takes no rest: whoever is next has his turn.
  await waiting[0];
  rests.shift()?.();
  await Promise.all(waiting);
  expect(done.slice(3).sort()).toEqual(["guesser's refused", "shared in"]);
});
