import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain, trustDomain, updateDomain } from "../../tenancy/domains/index.ts";
import { createInbox, deleteInbox, listInboxes } from "../../tenancy/inboxes/index.ts";
import { createPostmaster, createReceiver, type Receiver } from "./index.ts";

const SHARED = "rookery.localhost";
const own = `postmaster@${SHARED}`;

let t: TestDoor;
let pod: string;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  await t.run(t.rootToken, createDomain, { pod }, { domain: "tenant.test", subdomainsEnabled: true });
  await t.run(t.rootToken, createDomain, { pod }, { domain: "unverified.test" });
  await t.behind((tx) =>
    sql`update domains set status = 'VERIFIED' where domain = 'tenant.test'`.execute(tx.within(systemScope)),
  );
});
afterAll(() => t.close());

/** As one process has it. @param address ROOKERY_POSTMASTER */
function receiver(address: string | null = null): Receiver {
  const { door, database, organizationId } = t;
  return createReceiver({
    database,
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mailHost: SHARED,
    mimeCodec: inProcessCodec,
    limitsInForce: t.parts.lent.limitsInForce,
    turns: openLoopTurns(),
    postmaster: createPostmaster({ door, database, organizationId, domain: SHARED, address }),
  });
}

const inboxOf = async (written: string, at = receiver()): Promise<string | null> =>
  (await at.resolve(written))?.inbox.address ?? null;

const addresses = async (): Promise<string[]> =>
  (await t.run(t.rootToken, listInboxes, {}, firstPage)).items.map(({ address }) => address);

async function remove(address: string): Promise<void> {
  if ((await addresses()).includes(address)) await t.run(t.rootToken, deleteInbox, { inbox: address }, {});
}

beforeEach(async () => {
  await remove(own);
});

describe("postmaster and abuse", () => {
  it.each([
    own,
    `PostMaster@${SHARED}`,
    `postmaster+ticket@${SHARED}`,
    `abuse@${SHARED}`,
    `postmaster@mail.${SHARED}`,
    "Postmaster@Tenant.Test",
    "postmaster@mail.tenant.test",
    "abuse@tenant.test",
  ])("%s is the operator's, in an inbox of the Default Pod that is made at need", async (written) => {
    expect(await inboxOf(written)).toBe(own);
    const found = await receiver().resolve(written);
    expect(found?.inbox).toMatchObject({ podId: t.organizationId, organizationId: t.organizationId });
  });

  it("goes to the inbox that the operator names, and nothing is made", async () => {
    const desk = (await t.seed.inbox()).address;
    expect(await inboxOf("postmaster@tenant.test", receiver(desk))).toBe(desk);
    expect(await addresses()).not.toContain(own);
  });

  it("does not go astray when that inbox is not there", async () => {
    expect(await inboxOf("postmaster@tenant.test", receiver("gone@tenant.test"))).toBe(own);
  });

  it("is a tenant's who has made an inbox of that name on his domain", async () => {
    const input = { username: "postmaster", domain: "tenant.test" };
    const { address } = await t.run(t.rootToken, createInbox, { pod }, input);
    expect(await inboxOf("Postmaster@tenant.test")).toBe(address);
    expect(await inboxOf("abuse@tenant.test")).toBe(own);
    await remove(address);
  });

  it("of two processes at once have one inbox", async () => {
    const found = await Promise.all([1, 2, 3, 4].map(() => inboxOf(own, receiver())));
    expect(found).toEqual([own, own, own, own]);
    expect((await addresses()).filter((address) => address === own)).toHaveLength(1);
  });

  it.each([
    "postmaster@elsewhere.test",
    "postmaster@unverified.test",
    `postmasters@${SHARED}`,
    `webmaster@${SHARED}`,
    `@${SHARED}`,
    "postmaster@",
    "postmaster@[127.0.0.1]",
    "postmaster@mail.elsewhere.test",
    "postmaster@mail.unverified.test",
    `postmaster@other.${SHARED}`,
    `scout@mail.${SHARED}`,
    "postmaster@mail",
  ])("%s is none of ours, and nothing is made for it", async (written) => {
    expect(await inboxOf(written)).toBeNull();
    expect(await addresses()).not.toContain(own);
  });
});

it("a domain that only sends takes no mail, of its inboxes, its postmaster and names below it; a nearer one decides for itself", async () => {
  const domains = { "sends.test": false, "takes.sends.test": true };
  for (const [domain, inboundEnabled] of Object.entries(domains))
    await t.run(t.rootToken, createDomain, { pod }, { domain, inboundEnabled, subdomainsEnabled: true });
  await t.behind((tx) =>
    sql`update domains set status = 'VERIFIED' where domain like '%sends.test'`.execute(
      tx.within(systemScope),
    ),
  );
  for (const domain of ["sends.test", "below.sends.test", "takes.sends.test"])
    await t.run(t.rootToken, createInbox, { pod }, { username: "scout", domain });
  for (const address of [
    "scout@sends.test",
    "scout+tag@sends.test",
    "postmaster@sends.test",
    "scout@below.sends.test",
  ])
    expect(await inboxOf(address), address).toBeNull();
  // Its bounces come back here all the same.
  expect(await inboxOf("postmaster@mail.sends.test")).toBe(own);
  expect(await inboxOf("scout@takes.sends.test")).toBe("scout@takes.sends.test");
  await t.run(t.rootToken, updateDomain, { pod }, { domain: "sends.test", inboundEnabled: true });
  expect(await inboxOf("scout@sends.test")).toBe("scout@sends.test");
  expect(await inboxOf("scout@below.sends.test")).toBe("scout@below.sends.test");
});

it("mail below a name that another tenant has verified since is not for who has verified what is above it", async () => {
  const claim = async (inPod: string, domain: string) => {
    await t.run(t.rootToken, createDomain, { pod: inPod }, { domain, subdomainsEnabled: true });
    await t.run(t.rootToken, trustDomain, {}, { domain, trusted: true });
  };
  await claim(pod, "high.test");
  for (const domain of ["team.high.test", "below.team.high.test", "other.high.test"])
    await t.run(t.rootToken, createInbox, { pod }, { username: "scout", domain });
  expect(await inboxOf("scout@below.team.high.test")).toBe("scout@below.team.high.test");
  await claim(await t.seed.pod(), "team.high.test");
  for (const address of ["scout@team.high.test", "scout@below.team.high.test"])
    expect(await inboxOf(address), address).toBeNull();
  expect(await inboxOf("scout@other.high.test")).toBe("scout@other.high.test");
});

it("another tenant's unverified claim of a name does not keep its mail away", async () => {
  await t.run(t.rootToken, createInbox, { pod }, { username: "claimed", domain: "tenant.test" });
  await t.behind((tx) =>
    sql`insert into organizations values (${"0190a000-0000-7000-8000-000000000002"}, 'Foreign', now(), now())`.execute(
      tx.within(systemScope),
    ),
  );
  await t.behind((tx) =>
    sql`insert into domains (id, organization_id, domain, status, feedback_enabled, subdomains_enabled, tracking_enabled,
        inbound_enabled, created_at, updated_at)
      values (gen_random_uuid(), ${"0190a000-0000-7000-8000-000000000002"}, 'tenant.test', 'NOT_STARTED', true, false, false, false,
        now(), now())`.execute(tx.within(systemScope)),
  );
  expect(await inboxOf("claimed@tenant.test")).toBe("claimed@tenant.test");
});
