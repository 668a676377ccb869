import { createPublicKey } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_UNVERIFIED_DOMAINS } from "../../limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => {
  await t.close();
});

interface Tenant {
  readonly pod: string;
  readonly token: string;
}

async function makeTenant(): Promise<Tenant> {
  const pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const key = await t.call(t.rootToken, "pods.apiKeys.create", { params: { pod_id: pod } });
  return { pod, token: String(key.body["api_key"]) };
}

const create = (token: string, body: object) => t.call(token, "domains.create", { body });
const rowOf = (domain: string) =>
  t.behind((tx) =>
    tx.within(systemScope).selectFrom("domains").selectAll().where("domain", "=", domain).executeTakeFirst(),
  );
const setStatus = (domain: string, status: string) =>
  t.behind((tx) =>
    tx.within(systemScope).updateTable("domains").set({ status }).where("domain", "=", domain).execute(),
  );
const domainsOf = async (token: string): Promise<unknown[]> => {
  const { domains } = (await t.call(token, "domains.list")).body;
  return Array.isArray(domains) ? domains.map((domain: { domain: string }) => domain.domain) : [];
};

describe("a new domain", () => {
  it("lists the records to publish, and keeps its private key sealed and to itself", async () => {
    const { pod, token } = await makeTenant();
    const made = await create(token, {
      domain: "Mail.Acme.Example",
      subdomains_enabled: true,
      tracking_enabled: true,
    });
    expect(made.status, made.text).toBe(200);
    expect(made.body).toMatchObject({
      organization_id: t.organizationId,
      pod_id: pod,
      domain_id: "mail.acme.example",
      domain: "mail.acme.example",
      status: "NOT_STARTED",
      feedback_enabled: true,
      subdomains_enabled: true,
      tracking_enabled: true,
    });
    const row = await rowOf("mail.acme.example");
    if (row === undefined) throw new Error("the domain was not stored");
    const status = "MISSING";
    const value = "mx.rookery.localhost";
    expect(made.body["records"]).toEqual([
      {
        type: "TXT",
        name: `${row.dkim_selector}._domainkey.mail.acme.example`,
        value: `v=DKIM1; k=rsa; p=${row.dkim_public_key}`,
        status,
      },
      { type: "TXT", name: "mail.mail.acme.example", value: "v=spf1 a:mx.rookery.localhost -all", status },
      { type: "TXT", name: "_dmarc.mail.acme.example", value: "v=DMARC1; p=reject", status },
      { type: "MX", name: "mail.acme.example", value, status, priority: 10 },
      { type: "MX", name: "mail.mail.acme.example", value, status, priority: 10 },
      { type: "MX", name: "*.mail.acme.example", value, status, priority: 10 },
      { type: "CNAME", name: "link.mail.acme.example", value, status },
    ]);
    const pem = t.sealer.open(row.dkim_private_key_sealed, "dkim");
    expect(createPublicKey(pem).export({ type: "spki", format: "der" }).toString("base64")).toBe(
      row.dkim_public_key,
    );
    expect(row.dkim_private_key_sealed.toString("latin1")).not.toContain("PRIVATE KEY");
    expect(made.text).not.toContain("PRIVATE");

    const zone = await t.call(token, "domains.getZoneFile", { params: { domain_id: "MAIL.acme.example" } });
    expect(zone.headers).toEqual({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": "attachment; filename=mail.acme.example.zone",
    });
    const lines = zone.text.split("\n");
    expect(lines.filter((line) => / IN (TXT|MX|CNAME) /.test(line))).toHaveLength(7);
    const strings = [...(lines.find((line) => line.includes("_domainkey")) ?? "").matchAll(/"([^"]*)"/g)].map(
      (match) => match[1] ?? "",
    );
    expect(Math.max(...strings.map((text) => text.length))).toBeLessThanOrEqual(255);
    expect(strings.join("")).toBe(`v=DKIM1; k=rsa; p=${row.dkim_public_key}`);
  });

  it("is given back unchanged when the same home asks for it again, one by one or all at once", async () => {
    const { token } = await makeTenant();
    const answers = await Promise.all([1, 2, 3].map(() => create(token, { domain: "again.example" })));
    const later = await create(token, {
      domain: "AGAIN.example",
      tracking_enabled: true,
      client_id: "too-late",
    });
    expect(new Set([...answers, later].map((answer) => answer.text)).size).toBe(1);
    expect(later.body).toMatchObject({ tracking_enabled: false });
    // The name that came too late was not used up.
    const named = await create(token, { domain: "named.example", client_id: "too-late" });
    expect(named.body).toMatchObject({ domain: "named.example", client_id: "too-late" });
    expect((await create(token, { domain: "another.example", client_id: "too-late" })).text).toBe(named.text);
    expect(await domainsOf(token)).toEqual(["named.example", "again.example"]);
  });

  it("is refused when the name is taken, public, reserved or no name at all", async () => {
    const [first, second] = [await makeTenant(), await makeTenant()];
    await create(first.token, { domain: "taken.example" });
    for (const token of [second.token, t.rootToken]) {
      const answer = await create(token, { domain: "Taken.example" });
      expect(answer).toMatchObject({
        status: 403,
        body: { code: "already_exists", message: "Domain already exists" },
      });
      expect(answer.text).not.toContain(first.pod);
    }
    for (const domain of ["rookery.localhost", "sub.rookery.localhost"])
      expect(await create(first.token, { domain })).toMatchObject({
        status: 403,
        body: { code: "already_exists" },
      });
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
      expect(await create(first.token, { domain }), domain).toMatchObject({
        status: 400,
        body: { errors: [{ path: ["domain"] }] },
      });
    expect(await domainsOf(second.token)).toEqual([]);
  });
});

describe("a domain", () => {
  it("is not started until its records are looked up, changes its switches, and is gone when deleted", async () => {
    const { pod, token } = await makeTenant();
    await create(token, { domain: "life.example", client_id: "life" });
    const params = { pod_id: pod, domain_id: "Life.example" };
    expect((await t.call(token, "pods.domains.get", { params })).body).toMatchObject({
      status: "NOT_STARTED",
    });
    expect(await t.call(token, "pods.domains.update", { params, body: {} })).toMatchObject({ status: 400 });
    const updated = await t.call(token, "pods.domains.update", {
      params,
      body: { subdomains_enabled: true },
    });
    expect(updated.text).toContain("*.life.example");
    const [item] = [(await t.call(token, "pods.domains.list", { params })).body["domains"]].flat();
    expect(Object.keys(Object(item))).not.toEqual(expect.arrayContaining(["status"]));
    expect(Object.keys(Object(item))).not.toEqual(expect.arrayContaining(["records"]));
    expect((await t.call(token, "pods.domains.delete", { params })).status).toBe(204);
    expect(await rowOf("life.example")).toBeUndefined();
    expect((await create(token, { domain: "second-life.example", client_id: "life" })).body).toMatchObject({
      domain: "second-life.example",
    });
  });

  it("is not found by a pod that it does not belong to, whatever is asked of it", async () => {
    const [owner, stranger] = [await makeTenant(), await makeTenant()];
    await create(owner.token, { domain: "owned.example" });
    await create(t.rootToken, { domain: "shared.example" });
    for (const domain_id of ["owned.example", "shared.example", "absent.example"])
      for (const verb of ["get", "getZoneFile", "update", "delete"]) {
        const answer = await t.call(stranger.token, `domains.${verb}`, {
          params: { domain_id },
          body: { tracking_enabled: true },
        });
        expect(answer, `${verb} ${domain_id}`).toMatchObject({
          status: 404,
          body: { code: "not_found", message: "Domain not found" },
        });
      }
    expect(await domainsOf(stranger.token)).toEqual([]);
    expect(await rowOf("owned.example")).toMatchObject({ tracking_enabled: false, status: "NOT_STARTED" });
    expect(await domainsOf(t.rootToken)).toEqual(expect.arrayContaining(["owned.example", "shared.example"]));
    const unseen = await t.behind((tx) =>
      tx.within(systemScope).selectFrom("domains").select("id").where("pod_id", "=", stranger.pod).execute(),
    );
    expect(unseen).toEqual([]);
  });
});

describe("inboxes on a custom domain", () => {
  const createInbox = (token: string, domain: string) =>
    t.call(token, "inboxes.create", { body: { domain } });

  it("need it verified, and belonging to their pod or to the whole organization", async () => {
    const [owner, stranger] = [await makeTenant(), await makeTenant()];
    await create(owner.token, { domain: "pod.example" });
    await create(t.rootToken, { domain: "all.example" });
    const refused = { status: 403, body: { code: "domain_not_verified" } };
    for (const domain of ["pod.example", "all.example", "absent.example"])
      expect(await createInbox(owner.token, domain)).toMatchObject(refused);
    await setStatus("pod.example", "VERIFIED");
    await setStatus("all.example", "VERIFIED");
    expect((await createInbox(owner.token, "Pod.example")).body["inbox_id"]).toMatch(/@pod\.example$/);
    expect((await createInbox(owner.token, "all.example")).body["inbox_id"]).toMatch(/@all\.example$/);
    expect((await createInbox(t.rootToken, "all.example")).body["inbox_id"]).toMatch(/@all\.example$/);
    const [foreign, absent] = [
      await createInbox(stranger.token, "pod.example"),
      await createInbox(stranger.token, "gone.example"),
    ];
    expect(foreign).toMatchObject(refused);
    // Somebody else's domain reads like one that nobody has.
    expect(foreign.text.replaceAll("pod.example", "gone.example")).toBe(absent.text);
    expect(await createInbox(t.rootToken, "pod.example")).toMatchObject(refused);
  });

  it("may be below it only when it allows subdomains", async () => {
    const { token } = await makeTenant();
    await create(token, { domain: "parent.example" });
    await setStatus("parent.example", "VERIFIED");
    expect(await createInbox(token, "a.parent.example")).toMatchObject({
      status: 422,
      body: { code: "unprocessable" },
    });
    await t.call(token, "domains.update", {
      params: { domain_id: "parent.example" },
      body: { subdomains_enabled: true },
    });
    expect((await createInbox(token, "a.b.parent.example")).body["inbox_id"]).toMatch(
      /@a\.b\.parent\.example$/,
    );
    expect(await createInbox(token, "notparent.example")).toMatchObject({ status: 403 });
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
  it("are so many and no more, whatever other pods have", async () => {
    const [full, other] = [await makeTenant(), await makeTenant()];
    expect((await create(full.token, { domain: "full-one.com" })).status).toBe(200);
    await others("full-one.com", MAX_UNVERIFIED_DOMAINS - 2);
    expect((await create(full.token, { domain: "full-two.com" })).status).toBe(200);
    expect(await create(full.token, { domain: "full-three.com", client_id: "three" })).toMatchObject({
      status: 403,
      body: { code: "limit_exceeded", resource: "domain", limit: MAX_UNVERIFIED_DOMAINS },
    });
    expect((await create(full.token, { domain: "full-two.com" })).status).toBe(200);
    expect((await create(other.token, { domain: "full-three.com" })).status).toBe(200);
    await setStatus("full-two.com", "VERIFIED");
    expect((await create(full.token, { domain: "full-four.com", client_id: "three" })).status).toBe(200);
  });

  it("are made one after the other, and hold up nobody else's", async () => {
    const [flood, other] = [await makeTenant(), await makeTenant()];
    const holder = new pg.Client(t.engine.connection);
    await holder.connect();
    try {
      await holder.query("begin");
      await holder.query("select from pods where id = $1 for no key update", [flood.pod]);
      const waiting = [1, 2, 3, 4, 5, 6].map((n) => create(flood.token, { domain: `flood-${n}.com` }));
      await eventually("one of them waits", async () => {
        const { rowCount } = await holder.query(
          "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        );
        return (rowCount ?? 0) > 0;
      });
      expect((await create(other.token, { domain: "unhurried.com" })).status).toBe(200);
      await holder.query("commit");
      expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(6).fill(200));
    } finally {
      await holder.end();
    }
  });
});
