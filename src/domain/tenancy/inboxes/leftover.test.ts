import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createAlias } from "../aliases/index.ts";
import { createDomain, trustDomain } from "../domains/index.ts";
import { createInbox, deleteInbox } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A tenant who has the domain verified. */
async function owner(domain: string, subdomainsEnabled = false) {
  const tenant = await t.seed.tenant();
  await t.run(tenant.token, createDomain, {}, { domain, subdomainsEnabled });
  await t.run(t.rootToken, trustDomain, {}, { domain, trusted: true });
  return tenant;
}

it("who gets a name verified is told that an address there is another tenant's leftover, and gets it when that is deleted", async () => {
  const above = await owner("corp.example", true);
  const name = { username: "sales", domain: "team.corp.example" };
  const left = await t.run(above.token, createInbox, {}, name);
  await t.run(above.token, createAlias, { inbox: left.address }, { address: "info@team.corp.example" });
  const below = await owner("team.corp.example");
  const mine = await t.run(below.token, createInbox, {}, { username: "mine", domain: "team.corp.example" });
  const inboxTaken = (token: string, at = {}) => t.refusal(token, createInbox, at, name);
  const aliasTaken = (address: string) =>
    t.refusal(below.token, createAlias, { inbox: mine.address }, { address });
  const asked = [
    inboxTaken(below.token),
    inboxTaken(t.rootToken, { pod: below.pod }),
    aliasTaken(left.address),
    aliasTaken("info@team.corp.example"),
  ];
  for (const { code, details } of await Promise.all(asked))
    expect([code, details]).toMatchObject([
      "inbox.taken",
      { hint: expect.stringMatching(/^Another tenant .* ask the operator .*: rookery inboxes delete /) },
    ]);
  await t.run(t.rootToken, deleteInbox, { inbox: left.address }, undefined);
  expect((await t.run(below.token, createInbox, {}, name)).podId).toBe(below.pod);
});

it("an address of one's own, and one under a name of the whole organization, is taken as ever", async () => {
  const own = await owner("own.example");
  await t.run(own.token, createInbox, {}, { username: "a", domain: "own.example" });
  const refusals = [
    await t.refusal(own.token, createInbox, {}, { username: "a", domain: "own.example" }),
    await t.refusal(own.token, createInbox, {}, { username: "postmaster" }),
  ];
  await t.run(t.rootToken, createDomain, {}, { domain: "all.example" });
  await t.run(t.rootToken, trustDomain, {}, { domain: "all.example", trusted: true });
  const other = await t.seed.tenant();
  await t.run(other.token, createInbox, {}, { username: "a", domain: "all.example" });
  refusals.push(await t.refusal(own.token, createInbox, {}, { username: "a", domain: "all.example" }));
  for (const { code, details } of refusals) {
    expect(code).toBe("inbox.taken");
    expect(details).toMatchObject({ hint: expect.not.stringContaining("Another tenant") });
  }
});
