/** Passwords that are compared: in whose turn, and who waits for the wrong ones. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";
import { createSubmitter, type Standing } from "./index.ts";

const PASSWORD = "First-App-Password-1";

let t: TestDoor;
let address: string;
beforeAll(async () => {
  t = await openTestDoor();
  ({ address } = await t.run(t.rootToken, createInbox, {}, { appPassword: PASSWORD }));
});
afterAll(() => t.close());

test("after a wrong password all of the same standing wait, but for those that signed in of late, and nobody else does", async () => {
  const rests: (() => void)[] = [];
  const submitter = createSubmitter({
    ...t,
    mimeCodec: inProcessCodec,
    newId: () => crypto.randomUUID(),
    clock: systemClock,
    pause: () => new Promise((resolve) => rests.push(resolve)),
  });
  const done: string[] = [];
  const signIn = (network: string, password: string, standing: Standing): Promise<void> =>
    submitter.signIn(address, password, { network, standing }).then(
      () => void done.push(`${network} in`),
      () => void done.push(`${network} refused`),
    );
  await signIn("guesser's", "Wrong-App-Password-1", "inDoubt");
  await signIn("first of many", "Wrong-App-Password-2", "new");
  expect(rests).toHaveLength(2);
  const waiting = [
    signIn("guesser's", "Wrong-App-Password-3", "inDoubt"),
    signIn("shared", PASSWORD, "inDoubt"),
    signIn("second of many", PASSWORD, "new"),
  ];
  await signIn("owner's", "Wrong-App-Password-4", "proven");
  await signIn("owner's", PASSWORD, "proven");
  expect(done).toEqual(["guesser's refused", "first of many refused", "owner's refused", "owner's in"]);
  for (const rest of rests.splice(0)) rest();
  await waiting[0];
  // A right one takes no rest: whoever is next has his turn.
  for (const rest of rests.splice(0)) rest();
  await Promise.all(waiting);
  expect(done.slice(4).sort()).toEqual(["guesser's refused", "second of many in", "shared in"]);
});
