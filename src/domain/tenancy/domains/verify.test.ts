import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DomainRecords, openDomainRecords, publish } from "../../../../test/support/domain-records.ts";
import { openQueuedJobs } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemActor, systemScope } from "../../door/access/index.ts";
import { Failure } from "../../door/failures.ts";
import {
  checkDomain,
  createDomain,
  type DescribedDomain,
  getDomain,
  updateDomain,
  verifyDomain,
} from "./index.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let t: TestDoor;
let internet: DomainRecords;
beforeAll(async () => {
  t = await openTestDoor();
  internet = await openDomainRecords(t);
});
afterAll(async () => {
  internet.close();
  await t.close();
});

const create = (token: string, domain: string): Promise<DescribedDomain> =>
  internet.run(token, createDomain, {}, { domain });
const verify = (token: string, domain: string): Promise<DescribedDomain> =>
  internet.run(token, verifyDomain, {}, { domain });
const get = (token: string, domain: string): Promise<DescribedDomain> =>
  internet.run(token, getDomain, {}, { domain });

/** What the job does when it is due. */
async function recheck(pod: string, domainId: string): Promise<void> {
  const actor = await systemActor(t.database, "domain check", { podId: pod });
  if (actor === null) throw new Error("the pod is gone");
  await internet.run(actor, checkDomain, {}, { domainId });
}

const statusesOf = ({ records }: DescribedDomain): Record<string, string> =>
  Object.fromEntries(records.map(({ role, status }, index) => [`${index} ${role}`, status]));

const events = (pod: string) =>
  t.behind(async (tx) => {
    const { rows } = await sql<{ type: string; data: Record<string, unknown> }>`
      select type, data from events where pod_id = ${pod}::uuid and type like 'domain.%' order by id`.execute(
      tx.within(systemScope),
    );
    return rows;
  });

it("a domain is verified once every record is found, and says so in an event; each record has its own state", async () => {
  const { token, pod } = await t.seed.tenant();
  const made = await create(token, "whole.example");
  const nothing = await verify(token, "whole.example");
  expect(nothing.status).toBe("PENDING");
  expect(new Set(Object.values(statusesOf(nothing)))).toEqual(new Set(["MISSING"]));
  publish(internet.zone, made);
  internet.zone["_dmarc.whole.example"] = { TXT: ["v=DMARC1; p=everything"] };
  internet.zone["whole.example"] = { MX: ["5 mx.elsewhere.example", "10 mx.rookery.localhost"] };
  const wrong = await verify(token, "WHOLE.example");
  expect(wrong.status).toBe("INVALID");
  expect(wrong.records.map(({ role, status, reason }) => [role, status, reason])).toEqual([
    ["dkim", "VALID", null],
    ["dkim", "VALID", null],
    ["spf", "VALID", null],
    ["dmarc", "INVALID", "value_mismatch"],
    ["mx", "INVALID", "value_mismatch"],
    ["return-path", "VALID", null],
  ]);
  expect(wrong.records[4]?.check?.found).toEqual(["5 mx.elsewhere.example", "10 mx.rookery.localhost"]);
  expect(await events(pod)).toEqual([]);
  publish(internet.zone, made);
  const right = await verify(token, "whole.example");
  expect(right.status).toBe("VERIFIED");
  expect((await get(token, "whole.example")).status).toBe("VERIFIED");
  expect((await verify(token, "whole.example")).status).toBe("VERIFIED");
  const [event, ...more] = await events(pod);
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    type: "domain.verified",
    data: { status: "VERIFIED", domain: { domain: "whole.example" }, records: { length: 6 } },
  });
  expect(JSON.stringify(event)).not.toMatch(/PRIVATE|ealed/);
});

it("a name server that fails says nothing: what was known stays, and nothing is verified by it", async () => {
  const { token } = await t.seed.tenant();
  const made = await create(token, "shaky.example");
  publish(internet.zone, made);
  internet.zone["shaky.example"] = "servfail";
  internet.zone["mail.shaky.example"] = { MX: ["10 mx.rookery.localhost"], TXT: "refused" };
  const first = await verify(token, "shaky.example");
  expect(first.status).toBe("VERIFYING");
  expect(first.records.find(({ role }) => role === "mx")?.check?.problem).toMatch(/SERVFAIL/);
  publish(internet.zone, made);
  internet.later(HOUR_MS);
  expect((await verify(token, "shaky.example")).status).toBe("VERIFIED");
  for (const { name } of made.records) internet.zone[name] = "servfail";
  for (let day = 0; day < 10; day++) {
    internet.later(DAY_MS);
    const still = await verify(token, "shaky.example");
    expect(still.status).toBe("VERIFIED");
    expect(still.domain.failedChecks).toBe(0);
  }
});

it("names that loop, servers that refuse, and texts of 60 KB verify nothing and end nothing", async () => {
  const { token } = await t.seed.tenant();
  const made = await create(token, "hostile.example");
  publish(internet.zone, made);
  const [rsa, ed25519] = made.records.map(({ name }) => name);
  internet.zone["hostile.example"] = "servfail";
  internet.zone["_dmarc.hostile.example"] = {
    TXT: ["v=DMARC1; p=none", "x".repeat(2000), "y".repeat(2000)],
  };
  internet.zone[rsa ?? ""] = { CNAME: "loop.hostile.example" };
  internet.zone["loop.hostile.example"] = { CNAME: rsa ?? "" };
  internet.zone[ed25519 ?? ""] = { TXT: ["z".repeat(60_000)] };
  internet.zone["mail.hostile.example"] = "refused";
  const found = await verify(token, "hostile.example");
  expect(found.status).toBe("INVALID");
  const byRole = found.records.map(({ role, status, check }) => [role, status, check?.problem !== null]);
  expect(byRole, JSON.stringify(found.records.map(({ check }) => check?.problem))).toEqual([
    ["dkim", "MISSING", true],
    ["dkim", "INVALID", false],
    ["spf", "MISSING", true],
    ["dmarc", "VALID", false],
    ["mx", "MISSING", true],
    ["return-path", "MISSING", true],
  ]);
  const longest = found.records.flatMap(({ check }) => check?.found ?? []).map((text) => text.length);
  expect(Math.max(...longest)).toBeLessThanOrEqual(503);
});

it("a verified domain that breaks stays verified until it was found broken for days, and is then no longer; whole again it is", async () => {
  const { token, pod } = await t.seed.tenant();
  const made = await create(token, "broken.example");
  publish(internet.zone, made);
  await verify(token, "broken.example");
  internet.zone["broken.example"] = {};
  const seen: string[] = [];
  for (let day = 0; day < 6; day++) {
    await recheck(pod, made.domain.id);
    const now = await get(token, "broken.example");
    seen.push(now.status);
    expect(now.records.find(({ role }) => role === "mx")?.status).toBe("MISSING");
    internet.later(DAY_MS);
  }
  expect(seen).toEqual(["VERIFIED", "VERIFIED", "VERIFIED", "VERIFIED", "PENDING", "PENDING"]);
  publish(internet.zone, made);
  await recheck(pod, made.domain.id);
  expect((await get(token, "broken.example")).status).toBe("VERIFIED");
  expect((await events(pod)).map(({ type }) => type)).toEqual([
    "domain.verified",
    "domain.unverified",
    "domain.verified",
  ]);
});

it("who publishes his own records gets the name that another only claims, and nobody one that is verified elsewhere", async () => {
  const [claimer, owner] = [await t.seed.tenant(), await t.seed.tenant()];
  const claimed = await create(claimer.token, "contested.example");
  const owned = await create(owner.token, "contested.example");
  publish(internet.zone, owned);
  expect((await verify(claimer.token, "contested.example")).status).toBe("PENDING");
  expect((await verify(owner.token, "contested.example")).status).toBe("VERIFIED");
  // Both sets of keys are there, as when the zone was copied: the records of both are right, and one has it.
  publish(internet.zone, claimed);
  publish(internet.zone, owned);
  const refusal = await verify(claimer.token, "contested.example").then(
    () => null,
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(Failure);
  expect(refusal).toMatchObject({ code: "object.conflict" });
  expect(String(refusal)).not.toContain(owner.pod);
  const told = await get(claimer.token, "contested.example");
  expect(told.status).toBe("FAILED");
  await expect(create((await t.seed.tenant()).token, "contested.example")).rejects.toMatchObject({
    code: "domain.taken",
  });
});

it("a switch of a verified domain shows it as pending until its record is there, and its inboxes go on", async () => {
  const { token } = await t.seed.tenant();
  const made = await create(token, "switched.example");
  publish(internet.zone, made);
  await verify(token, "switched.example");
  const switched = { domain: "switched.example", subdomainsEnabled: true };
  const pending = await internet.run(token, updateDomain, {}, switched);
  expect([pending.status, pending.domain.status]).toEqual(["PENDING", "VERIFIED"]);
  // Only a wildcard answers for a name that nobody knows.
  internet.zone["wild.switched.example"] = { MX: ["10 mx.rookery.localhost"] };
  expect((await verify(token, "switched.example")).status).toBe("PENDING");
  publish(internet.zone, pending);
  expect((await verify(token, "switched.example")).status).toBe("VERIFIED");
});

it("a domain is looked up by itself, often at first, and no more when nobody sets it up", async () => {
  const { token, pod } = await t.seed.tenant();
  const made = await create(token, "waiting.example");
  const jobs = await openQueuedJobs(t);
  try {
    let ran = 0;
    await jobs.runAll({
      async check_domain({ domainId }) {
        if (domainId !== made.domain.id) return;
        ran++;
        await recheck(pod, made.domain.id);
      },
    });
    expect(ran).toBe(33);
    expect((await get(token, "waiting.example")).domain.nextCheckAt).toBeNull();
    await verify(token, "waiting.example");
    expect((await get(token, "waiting.example")).domain.nextCheckAt).not.toBeNull();
  } finally {
    await jobs.close();
  }
});
