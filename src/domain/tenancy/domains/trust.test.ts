import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain, getDomain, trustDomain } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const trust = (domain: string, trusted: boolean) => t.run(t.rootToken, trustDomain, {}, { domain, trusted });

it("a trusted domain is verified whatever its records say, says so in one event, and is not when that is taken back", async () => {
  const { pod, token } = await t.seed.tenant();
  await t.run(token, createDomain, {}, { domain: "closed.example" });
  const get = async () => (await t.run(token, getDomain, {}, { domain: "closed.example" })).domain;
  const events = async () => {
    const { rows } = await t.behind((tx) =>
      sql<{ type: string }>`select type from events where pod_id = ${pod}::uuid order by id`.execute(
        tx.within(systemScope),
      ),
    );
    return rows.map(({ type }) => type);
  };
  // What is not trusted stays as it is.
  const untouched = await get();
  await trust("closed.example", false);
  expect(await get()).toEqual(untouched);
  const { domain } = await trust("closed.example", true);
  expect(domain).toMatchObject({ status: "VERIFIED", trustedAt: expect.any(Date) });
  await trust("CLOSED.example", true);
  expect(await get()).toEqual(domain);
  expect(await events()).toEqual(["domain.verified"]);
  await trust("closed.example", false);
  expect(await get()).toMatchObject({ status: "NOT_STARTED", trustedAt: null });
  expect(await events()).toEqual(["domain.verified"]);
});

it("a name that somebody else has verified is refused, and stays theirs", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  const [first, second] = [
    await t.run(one.token, createDomain, {}, { domain: "contested.example" }),
    await t.run(two.token, createDomain, {}, { domain: "contested.example" }),
  ];
  await t.run(t.rootToken, trustDomain, {}, { domainId: first.domain.id, trusted: true });
  const taken = { domainId: second.domain.id, trusted: true };
  expect((await t.refusal(t.rootToken, trustDomain, {}, taken)).code).toBe("domain.taken");
  const found = await t.run(two.token, getDomain, {}, { domain: "contested.example" });
  expect(found.domain.trustedAt).toBeNull();
  const absent = { domain: "nobody.example", trusted: true };
  expect((await t.refusal(t.rootToken, trustDomain, {}, absent)).code).toBe("object.not_found");
});

it("only an unrestricted key of the operator's organization may trust a domain", async () => {
  const { token } = await t.seed.tenant();
  await t.run(token, createDomain, {}, { domain: "mine.example" });
  const restricted = await t.seed.key({}, "domain_update", "domain_read");
  const codes: string[] = [];
  for (const by of [token, restricted.token])
    codes.push((await t.refusal(by, trustDomain, {}, { domain: "mine.example", trusted: true })).code);
  expect(codes).toEqual(["scope.forbidden", "permission.unrestricted_required"]);
  await t.run(t.rootToken, trustDomain, {}, { domain: "mine.example", trusted: true });
  const audit = await t.behind((tx) =>
    sql`select operation, key_id is not null as by_key from audit where target = 'mine.example' and operation = 'domain.trust'`.execute(
      tx.within(systemScope),
    ),
  );
  expect(audit.rows).toEqual([{ operation: "domain.trust", by_key: true }]);
});
