import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { organizationActor } from "../../door/access/index.ts";
import { whoAmI } from "../api-keys/index.ts";
import { deleteInbox, listInboxes } from "../inboxes/index.ts";
import { makeCode, signUp, verifySignUp } from "./index.ts";
import { MAX_SOURCE_LENGTH } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** The actor of an organization that is not there yet. */
const newcomer = () => organizationActor("sign-up", t.parts.lent.newId());
const asked = (username: string, humanEmail?: string) => ({
  ...{ username, network: null },
  ...(humanEmail !== undefined && { humanEmail }),
});
const page = { size: 10, after: null, ascending: true };

it("an agent gets an organization, an inbox in it and a key to it, and nothing of the operator's", async () => {
  const { organizationId, inboxAddress, secret } = await t.run(newcomer(), signUp, {}, asked("scout"));
  expect(organizationId).not.toBe(t.organizationId);
  expect(inboxAddress).toBe("scout@rookery.localhost");
  expect(await t.run(secret, whoAmI, {}, undefined)).toMatchObject({ organizationId });
  const { items } = await t.run(secret, listInboxes, {}, page);
  expect(items.map(({ address }) => address)).toEqual([inboxAddress]);
});

it("again, until its human confirms it, the agent gets another key, and the one before is dead", async () => {
  const actor = newcomer();
  const first = await t.run(actor, signUp, {}, asked("twice", "twice@outside.test"));
  const second = await t.run(actor, signUp, {}, asked("other-name", "twice@outside.test"));
  expect(second).toMatchObject({
    organizationId: first.organizationId,
    inboxAddress: "twice@rookery.localhost",
  });
  expect(await t.refusal(first.secret, whoAmI, {}, undefined)).toMatchObject({ code: "auth.unknown_key" });
  const mailed = await t.run(actor, makeCode, {}, undefined);
  await t.run(second.secret, verifySignUp, {}, { code: mailed?.code ?? "" });
  expect(await t.refusal(actor, signUp, {}, asked("again", "twice@outside.test"))).toMatchObject({
    code: "human.taken",
  });
});

it("a human has one organization, also when the agent deleted its inbox, and is no address of this server", async () => {
  const actor = newcomer();
  const { secret, inboxAddress } = await t.run(actor, signUp, {}, asked("once", "once@outside.test"));
  const other = await t.refusal(newcomer(), signUp, {}, asked("second", "Once@Outside.test"));
  expect(other).toMatchObject({ code: "human.taken" });
  await t.run(secret, deleteInbox, { inbox: inboxAddress }, undefined);
  expect(await t.refusal(actor, signUp, {}, asked("once", "once@outside.test"))).toMatchObject({
    code: "human.taken",
  });
  for (const human of ["agent@rookery.localhost", "ada@example.com", "no address", "Ada <ada@outside.test>"])
    expect(await t.refusal(newcomer(), signUp, {}, asked("third", human))).toMatchObject({
      ...{ code: "input.invalid", details: { path: ["humanEmail"] } },
    });
});

it("a username that is taken, or speaks for the domain, makes nothing", async () => {
  await t.run(newcomer(), signUp, {}, asked("first"));
  const actor = newcomer();
  for (const username of ["first", "Postmaster"])
    expect(await t.refusal(actor, signUp, {}, asked(username))).toMatchObject({ code: "inbox.taken" });
  const long = { ...asked("long"), source: "x".repeat(MAX_SOURCE_LENGTH + 1) };
  expect(await t.refusal(actor, signUp, {}, long)).toMatchObject({
    ...{ code: "input.invalid", details: { path: ["source"] } },
  });
  expect((await t.run(actor, signUp, {}, asked("free"))).inboxAddress).toBe("free@rookery.localhost");
});
