import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DomainRecords, openDomainRecords, publish } from "../../../../test/support/domain-records.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain, type DescribedDomain, getDomain, trustDomain } from "./index.ts";

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

async function trusted(domain: string) {
  const pod = await t.seed.pod();
  const made = await internet.run(t.rootToken, createDomain, { pod }, { domain });
  await internet.run(t.rootToken, trustDomain, {}, { domain, trusted: true });
  return { pod, made };
}
const takeBack = (domain: string): Promise<DescribedDomain> =>
  internet.run(t.rootToken, trustDomain, {}, { domain, trusted: false });
const eventsOf = async (pod: string): Promise<string[]> => {
  const { rows } = await t.behind((tx) =>
    sql<{
      type: string;
    }>`select type from events where pod_id = ${pod} and type like 'domain.%' order by id`.execute(
      tx.within(systemScope),
    ),
  );
  return rows.map(({ type }) => type);
};

it("trust that is taken back leaves what the records say at once: verified where they are right, which is nothing new", async () => {
  const { pod, made } = await trusted("right.example");
  publish(internet.zone, made);
  expect(await takeBack("right.example")).toMatchObject({ status: "VERIFIED", domain: { trustedAt: null } });
  const now = await internet.run(t.rootToken, getDomain, { pod }, { domain: "right.example" });
  expect(now).toMatchObject({ status: "VERIFIED", domain: { status: "VERIFIED", trustedAt: null } });
  expect(now.domain.nextCheckAt).not.toBeNull();
  expect(await eventsOf(pod)).toEqual(["domain.verified"]);
});

it("where they are not there, or could not be looked up, it is verified no more, and that is told", async () => {
  const { pod } = await trusted("absent.example");
  expect(await takeBack("absent.example")).toMatchObject({ status: "PENDING", domain: { trustedAt: null } });
  expect(await eventsOf(pod)).toEqual(["domain.verified", "domain.unverified"]);
  const silent = await trusted("failing.example");
  publish(internet.zone, silent.made);
  for (const { name } of silent.made.records) internet.zone[name] = "servfail";
  expect(await takeBack("failing.example")).toMatchObject({ status: "VERIFYING" });
});
