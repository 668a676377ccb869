import { createPublicKey } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { firstPage } from "../../../../test/support/lists.ts";
import { lockWaits } from "../../../../test/support/lock-waits.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { type CreateDomain, createDomain, type DescribedDomain, listDomains } from "./index.ts";
import { MAX_UNVERIFIED_DOMAINS } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (token: string, input: CreateDomain): Promise<DescribedDomain> =>
  t.run(token, createDomain, {}, input);
const refusalOf = (token: string, input: CreateDomain) => t.refusal(token, createDomain, {}, input);
const domainsOf = async (token: string): Promise<string[]> =>
  (await t.run(token, listDomains, {}, firstPage)).items.map(({ domain }) => domain);

describe("a new domain", () => {
  it("lists the records to publish, and nothing of its private keys", async () => {
    const { pod, token } = await t.seed.tenant();
    const input = { domain: "Mail.Acme.Example", subdomainsEnabled: true, trackingEnabled: true };
    const made = await create(token, input);
    expect(made.domain).toMatchObject({
      organizationId: t.organizationId,
      podId: pod,
      domain: "mail.acme.example",
      status: "NOT_STARTED",
      feedbackEnabled: true,
      subdomainsEnabled: true,
      trackingEnabled: true,
    });
    const status = "MISSING";
    const value = "mx.rookery.localhost";
    const [rsa, ed25519] = made.records;
    expect(rsa?.name).not.toBe(ed25519?.name);
    expect(
      made.records.map(({ role: _role, reason: _reason, isRequired, keyState: _key, check, ...record }) => {
        expect({ isRequired, check }).toEqual({ isRequired: true, check: null });
        return record;
      }),
    ).toEqual([
      {
        type: "TXT",
        name: expect.stringMatching(/^rk[0-9a-f]{8}\._domainkey\.mail\.acme\.example$/),
        value: expect.stringMatching(/^v=DKIM1; k=rsa; p=[\w+/]{300,}=*$/),
        status,
      },
      {
        type: "TXT",
        name: expect.stringMatching(/^rk[0-9a-f]{8}\._domainkey\.mail\.acme\.example$/),
        // 32 octets (RFC 8463 section 4).
        value: expect.stringMatching(/^v=DKIM1; k=ed25519; p=[\w+/]{43}=$/),
        status,
      },
      { type: "TXT", name: "mail.mail.acme.example", value: "v=spf1 a:mx.rookery.localhost -all", status },
      { type: "TXT", name: "_dmarc.mail.acme.example", value: "v=DMARC1; p=reject", status },
      { type: "MX", name: "mail.acme.example", value, status, priority: 10 },
      { type: "MX", name: "mail.mail.acme.example", value, status, priority: 10 },
      { type: "MX", name: "*.mail.acme.example", value, status, priority: 10 },
      { type: "CNAME", name: "link.mail.acme.example", value, status },
    ]);
    expect(JSON.stringify(made)).not.toContain("PRIVATE");
  });

  it("keeps the private halves of its keys sealed", async () => {
    const { pod, token } = await t.seed.tenant();
    const made = await create(token, { domain: "sealed.example" });
    const keys = await t.behind((tx) =>
      tx
        .within(systemScope)
        .selectFrom("dkim_keys")
        .selectAll()
        .where("domain_id", "=", made.domain.id)
        .orderBy("algorithm", "desc")
        .execute(),
    );
    expect(keys.map(({ state, pod_id }) => [state, pod_id])).toEqual([
      ["active", pod],
      ["active", pod],
    ]);
    for (const [index, row] of keys.entries()) {
      const pem = t.sealer.open(row.private_key_sealed, "dkim");
      const der = createPublicKey(pem).export({ type: "spki", format: "der" });
      const published = row.algorithm === "rsa" ? der : der.subarray(-32);
      expect(made.records[index]?.value).toContain(`p=${published.toString("base64")}`);
      expect(row.private_key_sealed.toString("latin1")).not.toContain("PRIVATE KEY");
    }
  });

  it("is given back unchanged when the same owner asks for it again, one by one or all at once", async () => {
    const { token } = await t.seed.tenant();
    const [first, ...more] = await Promise.all(
      [1, 2, 3].map(() => create(token, { domain: "again.example" })),
    );
    const late = { domain: "AGAIN.example", trackingEnabled: true, clientId: "too-late" };
    for (const made of [...more, await create(token, late)]) expect(made).toEqual(first);
    expect(first?.domain.trackingEnabled).toBe(false);
    // The name that came too late was not used up.
    const named = await create(token, { domain: "named.example", clientId: "too-late" });
    expect(named.domain).toMatchObject({ domain: "named.example", clientId: "too-late" });
    expect(await create(token, { domain: "another.example", clientId: "too-late" })).toEqual(named);
    expect(await domainsOf(token)).toEqual(["named.example", "again.example"]);
  });

  it("is refused when the name is taken, public, reserved or no name at all", async () => {
    const [first, second] = [await t.seed.tenant(), await t.seed.tenant()];
    await create(first.token, { domain: "taken.example" });
    await t.behind((tx) =>
      sql`update domains set status = 'VERIFIED' where domain = 'taken.example'`.execute(
        tx.within(systemScope),
      ),
    );
    for (const token of [second.token, t.rootToken]) {
      const refusal = await refusalOf(token, { domain: "Taken.example" });
      expect(refusal).toMatchObject({ code: "domain.taken", message: "Domain already exists" });
      expect(JSON.stringify(refusal.details)).not.toContain(first.pod);
    }
    for (const domain of ["rookery.localhost", "sub.rookery.localhost"])
      expect((await refusalOf(first.token, { domain })).code, domain).toBe("domain.taken");
    for (const domain of [
      "com",
      "co.uk",
      "github.io",
      "a b.example",
      "x@acme.example",
      "acme.example\r\nX: y",
      "-a.example",
      "acme.example.",
      "",
    ])
      expect(await refusalOf(first.token, { domain }), domain).toMatchObject({
        code: "input.invalid",
        details: { path: ["domain"] },
      });
    expect(await domainsOf(second.token)).toEqual([]);
  });

  it("may have a name that others only claim, and each sees its own", async () => {
    const [first, second] = [await t.seed.tenant(), await t.seed.tenant()];
    const [one, two] = [
      await create(first.token, { domain: "claimed.example" }),
      await create(second.token, { domain: "claimed.example", clientId: "two" }),
    ];
    expect(one.domain.id).not.toBe(two.domain.id);
    expect(one.records[0]?.value).not.toBe(two.records[0]?.value);
    expect(await domainsOf(first.token)).toEqual(["claimed.example"]);
    expect(await create(second.token, { domain: "claimed.example" })).toEqual(two);
  });
});

/** Others like this one, not verified, in the same pod. */
const others = (domain: string, count: number) =>
  t.behind((tx) =>
    sql`insert into domains (id, organization_id, pod_id, domain, status, feedback_enabled, subdomains_enabled, tracking_enabled,
        dkim_selector, dkim_public_key, dkim_private_key_sealed, created_at, updated_at)
      select gen_random_uuid(), organization_id, pod_id, n || '.' || domain, 'PENDING', true, false, false,
        dkim_selector, dkim_public_key, dkim_private_key_sealed, created_at, updated_at
      from domains, generate_series(1, ${count}::int) as n where domain = ${domain}`.execute(
      tx.within(systemScope),
    ),
  );

describe("the domains of a pod that are not verified", () => {
  it("are limited in number, whatever other pods have", async () => {
    const [full, other] = [await t.seed.tenant(), await t.seed.tenant()];
    await create(full.token, { domain: "full-one.com" });
    await others("full-one.com", MAX_UNVERIFIED_DOMAINS - 2);
    await create(full.token, { domain: "full-two.com" });
    expect(await refusalOf(full.token, { domain: "full-three.com", clientId: "three" })).toMatchObject({
      code: "limit.exceeded",
      details: { limit: { resource: "domain", count: MAX_UNVERIFIED_DOMAINS } },
    });
    await create(full.token, { domain: "full-two.com" });
    await create(other.token, { domain: "full-three.com" });
    await t.behind((tx) =>
      tx
        .within(systemScope)
        .updateTable("domains")
        .set({ status: "VERIFIED" })
        .where("domain", "=", "full-two.com")
        .execute(),
    );
    const four = await create(full.token, { domain: "full-four.com", clientId: "three" });
    expect(four.domain.domain).toBe("full-four.com");
  });

  it("are made one after the other, and delay no other pod's", async () => {
    const [flood, other] = [await t.seed.tenant(), await t.seed.tenant()];
    const holder = new pg.Client(t.engine.connection);
    await holder.connect();
    try {
      await holder.query("begin");
      await holder.query("select from pods where id = $1 for no key update", [flood.pod]);
      const names = [1, 2, 3, 4, 5, 6].map((n) => `flood-${n}.com`);
      const waiting = names.map((domain) => create(flood.token, { domain }));
      await eventually("one of them waits", async () => (await lockWaits(holder)).length > 0);
      await create(other.token, { domain: "unhurried.com" });
      await holder.query("commit");
      expect((await Promise.all(waiting)).map(({ domain }) => domain.domain)).toEqual(names);
    } finally {
      await holder.end();
    }
  });
});
