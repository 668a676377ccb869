import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apply, linesOf, plan, said, wanted } from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { FleetDocument } from "../../../protocols/fleet-file/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { createPolicy, updatePolicy } from "../../guardrails/policies/index.ts";
import { deleteApiKey, whoAmI } from "../../tenancy/api-keys/index.ts";
import { createInbox, deleteInbox, updateInbox } from "../../tenancy/inboxes/index.ts";
import { createPod, deletePod, updatePod } from "../../tenancy/pods/index.ts";
import { confirmSecrets } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A fleet of these tenants, each with an inbox, keys and a webhook. */
const fleetOf = (
  prefix: string,
  slugs: readonly string[],
  more: Partial<FleetDocument> = {},
): FleetDocument => ({
  version: 1,
  defaults: {
    display_name: "Support of {tenant}",
    inboxes: [
      {
        role: "support",
        address: `support-{tenant}@rookery.localhost`,
        metadata: { tenant: "{tenant}" },
        keys: [{ name: "agent" }],
      },
    ],
    keys: [{ name: "tenant" }],
    webhooks: [
      { name: "events", url: "https://hooks.example.com/{tenant}", event_types: ["message.received"] },
    ],
  },
  tenants: slugs.map((slug) => ({ slug: `${prefix}-${slug}` })),
  ...more,
});

const shared = {
  policies: { gold: { limits: { sentPerDay: 500 } } },
  rules: {
    "no spam": {
      match: { conditions: [{ field: "from.domain", operator: "in_list", value: ["spammers"] }] },
      actions: [{ type: "block" }],
    },
  },
  lists: { spammers: { type: "domain", items: ["spam.example"] } },
};

/** Confirms every receipt. */
async function confirm(lines: Awaited<ReturnType<typeof apply>>): Promise<number> {
  let confirmed = 0;
  for (const { receiptId } of linesOf(lines, "receipt"))
    confirmed += await t.run(t.rootToken, confirmSecrets, {}, { receiptId });
  return confirmed;
}

const podOf = async (slug: string): Promise<string> => {
  const row = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("pods")
      .where("client_id", "=", slug)
      .select("id")
      .executeTakeFirstOrThrow(),
  );
  return row.id;
};

describe("an apply", () => {
  it("makes what a plan says, whole, and applied again changes nothing", async () => {
    const document = fleetOf("whole", ["a", "b"], {
      defaults: { ...fleetOf("whole", []).defaults, policy: "gold", rules: ["no spam"] },
    });
    const given = wanted(document, {}, shared);
    const planned = await plan(t, given);
    const first = await apply(t, given);
    expect(said(first)).toEqual(said(planned));
    expect(said(first).slice(0, 8)).toEqual([
      "create list spammers",
      "create policy gold",
      "create rule no spam",
      "create pod whole-a",
      "create inbox whole-a support",
      "create key whole-a tenant",
      "create key whole-a support/agent",
      "create webhook whole-a events",
    ]);
    const ids = (lines: typeof first) => linesOf(lines, "change").map(({ change }) => change.id);
    expect(ids(first)).toEqual(ids(planned));
    const secrets = linesOf(first, "secret").map(({ secret }) => secret);
    expect(secrets.map(({ slug, name }) => `${slug} ${name}`)).toEqual([
      "whole-a tenant",
      "whole-a support/agent",
      "whole-b tenant",
      "whole-b support/agent",
    ]);
    for (const { secret, podId } of secrets)
      expect(await t.run(secret, whoAmI, {}, undefined)).toMatchObject({ podId });
    expect(await confirm(first)).toBe(4);
    const again = await apply(t, given);
    expect(said(again)).toEqual([]);
    expect(linesOf(again, "applied")).toMatchObject([
      { tenants: 2, totals: { unchanged: 2, failedTenants: 0 } },
    ]);
    expect(JSON.stringify(planned)).not.toMatch(/am_us_|whsec_/);
  });

  it("leaves an audit row for each object, as single creates do", async () => {
    const count = () =>
      t.behind((tx) =>
        tx
          .within(systemScope)
          .selectFrom("audit")
          .select(({ fn }) => ["operation", fn.countAll<number>().as("count")])
          .groupBy("operation")
          .orderBy("operation")
          .execute(),
      );
    const before = new Map((await count()).map((row) => [row.operation, Number(row.count)]));
    await confirm(await apply(t, wanted(fleetOf("audit", ["a", "b", "c"]))));
    const made = (await count())
      .map((row) => [row.operation, Number(row.count) - (before.get(row.operation) ?? 0)])
      .filter(([, more]) => more !== 0);
    expect(made).toEqual([
      ["api_key.create", 6],
      ["inbox.create", 3],
      ["pod.create", 3],
      ["webhook.create", 3],
    ]);
  });

  it("replaces keys whose secrets nobody confirmed, and no others", async () => {
    const given = wanted(fleetOf("lost", ["a"]));
    const first = await apply(t, given);
    const second = await apply(t, given);
    expect(said(second)).toEqual(["replace key lost-a tenant", "replace key lost-a support/agent"]);
    expect(await confirm(first)).toBe(0);
    expect(await confirm(second)).toBe(2);
    const [old] = linesOf(first, "secret");
    const [own] = linesOf(second, "secret");
    expect((await t.refusal(old?.secret.secret ?? "", whoAmI, {}, undefined)).code).toBe("auth.unknown_key");
    expect(await t.run(own?.secret.secret ?? "", whoAmI, {}, undefined)).toMatchObject({ level: "pod" });
    expect(said(await apply(t, given))).toEqual([]);
  });

  it("fails one tenant whole and alone, with its reason, and tries it again", async () => {
    await t.run(t.rootToken, createPod, {}, { clientId: "elsewhere" });
    const { address } = await t.run(
      t.rootToken,
      createInbox,
      { pod: "elsewhere" },
      { username: "support-alone-b" },
    );
    const document = fleetOf("alone", ["a", "b", "c"], {
      tenants: [
        { slug: "alone-a" },
        { slug: "alone-b" },
        { slug: "alone-c" },
        { slug: "alone-d", inboxes: [{ role: "support", address: "x@unverified.example" }] },
        {
          slug: "alone-e",
          webhooks: [{ name: "events", url: "https://hooks.example.com/", event_types: ["message.eaten"] }],
        },
      ],
    });
    const lines = await apply(t, wanted(document));
    expect(
      linesOf(lines, "failure").map(({ failure: { slug, change, failure } }) => [
        slug,
        change?.kind,
        failure.code,
      ]),
    ).toEqual([
      ["alone-b", "inbox", "inbox.taken"],
      ["alone-d", "inbox", "domain.not_verified"],
      ["alone-e", "webhook", "input.invalid"],
    ]);
    expect(linesOf(lines, "applied")).toMatchObject([{ totals: { failedTenants: 3 } }]);
    await expect(podOf("alone-b")).rejects.toThrow();
    await confirm(lines);
    await t.run(t.rootToken, deleteInbox, { inbox: address }, undefined);
    const again = await apply(t, wanted(document));
    expect(said(again).filter((line) => line.includes("pod"))).toEqual(["create pod alone-b"]);
  });

  it("undoes what a tenant was made of when a part of it fails that could not be foreseen", async () => {
    // A restricted key may not mint what it does not hold.
    const limited = await t.seed.key(
      {},
      ...(["pod_read", "inbox_read", "api_key_read", "webhook_read", "guardrail_read"] as const),
      ...(["pod_create", "pod_update", "inbox_create", "inbox_update"] as const),
      ...(["api_key_create", "api_key_update", "api_key_delete"] as const),
    );
    const document: FleetDocument = {
      version: 1,
      tenants: [
        {
          slug: "undone-a",
          inboxes: [{ role: "in", address: "undone-a@rookery.localhost" }],
          keys: [{ name: "k" }],
        },
        {
          slug: "undone-b",
          inboxes: [{ role: "in", address: "undone-b@rookery.localhost" }],
          keys: [{ name: "k", permissions: { inbox_read: true } }],
        },
      ],
    };
    const lines = await apply(t, wanted(document), limited.token);
    expect(linesOf(lines, "failure").map(({ failure }) => [failure.slug, failure.failure.code])).toEqual([
      ["undone-a", "permission.unrestricted_required"],
    ]);
    await expect(podOf("undone-a")).rejects.toThrow();
    expect(await podOf("undone-b")).toBeDefined();
    expect(said(await apply(t, wanted(document)))[0]).toBe("create pod undone-a");
  });
});

describe("drift", () => {
  it("names each difference, and who made it and when", async () => {
    const document = fleetOf("drift", ["a", "b"], {
      defaults: { ...fleetOf("drift", []).defaults, policy: "gold" },
    });
    const given = wanted(document, {}, shared);
    await confirm(await apply(t, given));
    const pod = await podOf("drift-a");
    const inbox = "support-drift-a@rookery.localhost";
    const other = await t.run(t.rootToken, createPolicy, {}, { name: "other" });
    await t.run(t.rootToken, updatePod, { pod }, { policyId: other.id });
    await t.run(t.rootToken, updateInbox, { inbox }, { displayName: "Somebody", metadata: { mine: "kept" } });
    await t.run(t.rootToken, createInbox, { pod }, { username: "extra-drift-a" });
    await t.behind((tx) =>
      tx
        .within(systemScope)
        .updateTable("webhooks")
        .set({ enabled: false })
        .where("pod_id", "=", pod)
        .execute(),
    );
    const keys = await t.behind((tx) =>
      tx
        .within(systemScope)
        .selectFrom("api_keys")
        .where("pod_id", "=", pod)
        .where("name", "=", "tenant")
        .select("id")
        .execute(),
    );
    await t.run(t.rootToken, deleteApiKey, {}, { id: keys[0]?.id ?? "", exact: false });
    const lines = await plan(t, given);
    expect(said(lines)).toEqual([
      "update pod drift-a policy",
      "update inbox drift-a support displayName",
      "keep inbox drift-a extra-drift-a@rookery.localhost",
      "create key drift-a tenant",
      "update webhook drift-a events enabled",
    ]);
    const changes = linesOf(lines, "change").map(({ change }) => change);
    expect(changes.every(({ cause }) => cause === "drift")).toBe(true);
    expect(changes.map(({ by }) => by?.operation)).toEqual([
      "pod.update",
      "inbox.update",
      "inbox.create",
      "api_key.delete",
      undefined,
    ]);
    expect(changes[0]).toMatchObject({
      fields: [{ from: other.id, to: "gold" }],
      by: { actor: expect.any(String) },
    });
    expect(said(await apply(t, given))).toHaveLength(4);
    const after = await t.behind((tx) =>
      tx
        .within(systemScope)
        .selectFrom("inboxes")
        .where("address", "=", inbox)
        .select(["display_name", "metadata"])
        .executeTakeFirstOrThrow(),
    );
    expect(after).toEqual({
      display_name: "Support of drift-a",
      metadata: { tenant: "drift-a", mine: "kept" },
    });
  });

  it("is told from a change of the document", async () => {
    const before = fleetOf("file", ["a"]);
    await confirm(await apply(t, wanted(before)));
    const after = { ...before, defaults: { ...before.defaults, display_name: "Help" } };
    const lines = await plan(t, wanted(after));
    expect(linesOf(lines, "change").map(({ change }) => [change.action, change.cause, change.by])).toEqual([
      ["update", "file", null],
    ]);
  });

  it("of a policy is put right in place, for all that have it", async () => {
    const document = { ...fleetOf("policy", ["a"]), tenants: [{ slug: "policy-a", policy: "silver" }] };
    const own = { policies: { silver: { limits: { sentPerDay: 7 } } }, rules: {}, lists: {} };
    await confirm(await apply(t, wanted(document, {}, own)));
    const row = await t.behind((tx) =>
      tx
        .within(systemScope)
        .selectFrom("policies")
        .where("name", "=", "silver")
        .select("id")
        .executeTakeFirstOrThrow(),
    );
    await t.run(t.rootToken, updatePolicy, {}, { id: row.id, limits: { sentPerDay: 8 } });
    const lines = await plan(t, wanted(document, {}, own));
    expect(linesOf(lines, "change")).toMatchObject([
      { change: { kind: "policy", cause: "drift", objectId: row.id, by: { operation: "policy.update" } } },
    ]);
    await apply(t, wanted(document, {}, own));
    expect(said(await plan(t, wanted(document, {}, own)))).toEqual([]);
  });

  it("finds a tenant that others deleted, and who did", async () => {
    const document: FleetDocument = { version: 1, tenants: [{ slug: "gone-a", inboxes: [] }] };
    await apply(t, wanted(document));
    await t.run(t.rootToken, deletePod, { pod: await podOf("gone-a") }, undefined);
    const lines = await plan(t, wanted(document));
    expect(linesOf(lines, "change")).toMatchObject([
      { change: { action: "create", kind: "pod", cause: "drift", by: { operation: "pod.delete" } } },
    ]);
  });
});

it("adopts what is there under a tenant's names, and says so", async () => {
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: "adopt-a", name: "By hand" });
  await t.run(t.rootToken, createInbox, { pod }, { username: "support-adopt-a", clientId: "support" });
  const given = wanted(fleetOf("adopt", ["a"]));
  expect(said(await plan(t, given))).toEqual([
    "adopt pod adopt-a",
    "adopt inbox adopt-a support",
    "update inbox adopt-a support displayName metadata.tenant",
    "create key adopt-a tenant",
    "create key adopt-a support/agent",
    "create webhook adopt-a events",
  ]);
  await confirm(await apply(t, given));
  expect(said(await plan(t, given))).toEqual([]);
  expect(await podOf("adopt-a")).toBe(pod);
});

it("a plan that was stored is applied as it is, and refused when what is there has moved since", async () => {
  const given = wanted(fleetOf("stored", ["a", "b"]));
  const [first] = linesOf(await plan(t, given), "plan");
  const [second] = linesOf(await plan(t, given), "plan");
  expect(first?.hash).toBe(second?.hash);
  await t.run(t.rootToken, createPod, {}, { clientId: "stored-b" });
  await expect(apply(t, { planId: first?.plan.id ?? "" })).rejects.toMatchObject({
    code: "object.conflict",
    details: { message: expect.stringContaining("adopt pod stored-b is needed now") },
  });
  await expect(podOf("stored-a")).rejects.toThrow();
  const [third] = linesOf(await plan(t, given), "plan");
  const lines = await apply(t, { planId: third?.plan.id ?? "" });
  expect(said(lines)).toContain("create pod stored-a");
  await expect(apply(t, { planId: third?.plan.id ?? "" })).rejects.toMatchObject({ code: "object.conflict" });
});

describe("removal", () => {
  const empty = (slugs: readonly string[]): FleetDocument => ({
    version: 1,
    tenants: slugs.map((slug) => ({ slug, inboxes: [] })),
  });
  it("happens only when it is asked for, suspends first, and is undone when the tenant is back", async () => {
    const fresh = await openTestDoor();
    try {
      await apply(fresh, wanted(empty(["a", "b", "c"])));
      expect(said(await apply(fresh, wanted(empty(["a"]))))).toEqual([]);
      expect(said(await plan(fresh, wanted(empty(["a"]), { prune: true })))).toEqual([
        "suspend pod b",
        "suspend pod c",
      ]);
      expect(said(await apply(fresh, wanted(empty(["a"]), { prune: true })))).toEqual([
        "suspend pod b",
        "suspend pod c",
      ]);
      expect(said(await apply(fresh, wanted(empty(["a"]), { prune: true })))).toEqual([]);
      expect(said(await apply(fresh, wanted(empty(["a", "b"]))))).toEqual(["resume pod b"]);
      expect(said(await apply(fresh, wanted(empty(["a", "b"]), { prune: true, now: true })))).toEqual([
        "delete pod c",
      ]);
      expect(said(await plan(fresh, wanted(empty(["a", "b", "c"]))))).toEqual(["create pod c"]);
    } finally {
      await fresh.close();
    }
  });
  it("is capped, and an empty document removes nothing that is not said", async () => {
    const fresh = await openTestDoor();
    try {
      const slugs = Array.from({ length: 12 }, (_, index) => `t${index}`);
      await apply(fresh, wanted(empty(slugs)));
      await expect(apply(fresh, wanted(empty(["t0"]), { prune: true }))).rejects.toMatchObject({
        code: "limit.exceeded",
      });
      await expect(apply(fresh, wanted(empty([]), { prune: true }))).rejects.toMatchObject({
        code: "input.invalid",
      });
      expect(said(await apply(fresh, wanted(empty(["t0"]), { prune: true, maxDelete: 11 })))).toHaveLength(
        11,
      );
    } finally {
      await fresh.close();
    }
  });
});

it("two applies at once make everything once, and end", async () => {
  const given = wanted(
    fleetOf(
      "twice",
      Array.from({ length: 40 }, (_, index) => `${index}`),
    ),
  );
  const [one, other] = await Promise.all([apply(t, given), apply(t, given)]);
  const created = [...said(one), ...said(other)].filter((line) => line.startsWith("create pod"));
  expect(created).toHaveLength(40);
  expect(new Set(created).size).toBe(40);
  await confirm(one);
  await confirm(other);
  expect(said(await apply(t, given))).toEqual([]);
});
