/** How domains look on the wire; their rules are tested beside the operations. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type V0Caller, v0Caller } from "../../../../test/support/v0-caller.ts";
import { systemScope } from "../../../domain/door/access/index.ts";

let t: TestDoor;
let call: V0Caller;
beforeAll(async () => {
  t = await openTestDoor();
  call = v0Caller(t);
});
afterAll(() => t.close());

const create = (body: object) => call(t.rootToken, "domains.create", { body });

it("a domain is named by itself and comes with its records; in a list with neither status nor records", async () => {
  const pod_id = await t.seed.pod();
  const body = { domain: "Wire.Example", subdomains_enabled: true, client_id: "wire" };
  const made = await call(t.rootToken, "pods.domains.create", { params: { pod_id }, body });
  expect(made).toMatchObject({
    status: 200,
    body: {
      organization_id: t.organizationId,
      pod_id,
      domain_id: "wire.example",
      domain: "wire.example",
      client_id: "wire",
      status: "NOT_STARTED",
      feedback_enabled: true,
      subdomains_enabled: true,
      tracking_enabled: false,
    },
  });
  expect(made.body["records"]).toContainEqual({
    type: "MX",
    name: "*.wire.example",
    value: "mx.rookery.localhost",
    status: "MISSING",
    priority: 10,
    purpose: "wildcard",
  });
  expect(made.text).not.toContain("PRIVATE");
  const { domains } = (await call(t.rootToken, "pods.domains.list", { params: { pod_id } })).body;
  const [item] = [domains].flat();
  expect(item).toMatchObject({ domain_id: "wire.example" });
  for (const field of ["status", "records"]) expect(item, field).not.toHaveProperty(field);
});

it("a zone file is text to save under the domain's name", async () => {
  await create({ domain: "zone.example" });
  const zone = await call(t.rootToken, "domains.getZoneFile", { params: { domain_id: "ZONE.example" } });
  expect(zone.headers).toEqual({
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": "attachment; filename=zone.example.zone",
  });
  expect(zone.text).toContain(" IN MX ");
});

it("refusals have the vendor's statuses and codes", async () => {
  const { token } = await t.seed.key({ pod: await t.seed.pod() });
  await create({ domain: "taken.example" });
  await t.behind((tx) =>
    sql`update domains set status = 'VERIFIED' where domain = 'taken.example'`.execute(
      tx.within(systemScope),
    ),
  );
  const taken = await call(token, "domains.create", { body: { domain: "taken.example" } });
  await t.behind((tx) => sql`update domains set status = 'PENDING'`.execute(tx.within(systemScope)));
  expect(taken).toMatchObject({
    status: 403,
    body: { code: "already_exists", message: "Domain already exists" },
  });
  expect(await create({ domain: "com" })).toMatchObject({
    status: 400,
    body: { errors: [{ path: ["domain"] }] },
  });
  const params = { domain_id: "taken.example" };
  expect((await call(t.rootToken, "domains.update", { params, body: {} })).status).toBe(400);
  expect(await call(token, "domains.get", { params })).toMatchObject({
    status: 404,
    body: { code: "not_found", message: "Domain not found" },
  });
  const inboxOn = (domain: string) => call(t.rootToken, "inboxes.create", { body: { domain } });
  expect(await inboxOn("taken.example")).toMatchObject({
    status: 403,
    body: { code: "domain_not_verified" },
  });
  expect((await call(t.rootToken, "domains.delete", { params })).status).toBe(204);
});
