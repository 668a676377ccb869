import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type Actor, type Permission, systemScope } from "../../door/access/index.ts";
import type { Outcome } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { MAX_WEBHOOKS } from "../../notify/webhooks/limits.ts";
import { whoAmI } from "../../tenancy/api-keys/index.ts";
import { createTenants, type NewTenant, type TenantOutcome } from "./index.ts";
import { MAX_FLEET_BATCH } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => {
  await t.close();
});

const rootOf = (door: TestDoor): Promise<Actor> => door.authenticator.authenticate(door.rootToken);

async function apply(tenants: readonly NewTenant[]): Promise<TenantOutcome[]> {
  return t.door.run(createTenants, await rootOf(t), {}, { tenants });
}

const hook = (clientId: string): NewTenant["webhooks"][number] => ({
  url: "https://hooks.example.com/in",
  eventTypes: ["message.received"],
  podIds: [],
  inboxIds: [],
  clientId,
});

const tenantNamed = (name: string): NewTenant => ({
  pod: { name, clientId: name },
  inboxes: [{ username: `support-${name}`, clientId: "support", keys: [{ name: "agent" }] }],
  keys: [{ name: "tenant" }],
  webhooks: [hook("events")],
});

const kindsOf = ({ pod, inboxes, keys, webhooks }: TenantOutcome): string[] =>
  [pod, ...inboxes.flatMap((one) => [one.inbox, ...one.keys]), ...keys, ...webhooks].map(({ kind }) => kind);

const codeOf = (outcome: Outcome<unknown> | undefined): string | undefined =>
  outcome?.kind === "failed" ? outcome.failure.code : outcome?.kind;

const auditRows = () =>
  t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("audit")
      .select(["operation", "target", "pod_id", "inbox_id"])
      .execute(),
  );

describe("a batch of tenants", () => {
  it("is made whole, works, leaves an audit row for each object, and changes nothing when it is applied again", async () => {
    const batch = ["acme", "globex", "initech"].map(tenantNamed);
    const before = await auditRows();
    const first = await apply(batch);
    expect(first.flatMap(kindsOf)).toEqual(Array(15).fill("made"));
    const rows = (await auditRows()).slice(before.length);
    expect(
      Object.entries(Object.groupBy(rows, (row) => row.operation)).map(([name, of]) => [name, of?.length]),
    ).toEqual([
      ["pod.create", 3],
      ["inbox.create", 3],
      ["api_key.create", 6],
      ["webhook.create", 3],
    ]);
    const [acme] = first;
    const key = acme?.inboxes[0]?.keys[0];
    if (key?.kind !== "made" || acme?.pod.kind !== "made") throw new Error("acme was not made");
    expect(await t.run(String(key.thing.secret), whoAmI, {}, undefined)).toMatchObject({
      level: "inbox",
      podId: acme.pod.thing.id,
      inboxAddress: "support-acme@rookery.localhost",
    });

    const again = await apply(batch);
    expect(again.flatMap(kindsOf)).toEqual(Array(15).fill("found"));
    const secrets = again.flatMap(({ keys, inboxes }) => [...keys, ...inboxes.flatMap((one) => one.keys)]);
    for (const outcome of secrets) expect(outcome).toMatchObject({ thing: { secret: null } });
    const ids = (outcomes: TenantOutcome[]) =>
      JSON.stringify(outcomes)
        .match(/"id":"[^"]+"/g)
        ?.toSorted();
    expect(ids(again)).toEqual(ids(first));
    expect((await auditRows()).slice(before.length + rows.length)).toEqual([
      { operation: "tenant.create", target: null, pod_id: t.organizationId, inbox_id: null },
    ]);
  });

  it("with parts that are refused makes the others, and fails what those were to hold", async () => {
    await apply([tenantNamed("umbrella")]);
    const [refused, taken, mixed] = await apply([
      { ...tenantNamed("hooli"), pod: { name: "", clientId: "hooli" } },
      { ...tenantNamed("raviga"), inboxes: [{ username: "support-umbrella", keys: [{}] }] },
      {
        pod: { clientId: "pied-piper" },
        inboxes: [
          { username: "@", keys: [] },
          { keys: [{ permissions: { pod_create: true } }, { name: "ok" }] },
        ],
        keys: [{ name: "" }],
        webhooks: [{ ...hook("far"), inboxIds: ["support-umbrella@rookery.localhost"] }, hook("near")],
      },
    ]);
    expect(kindsOf(refused as TenantOutcome)).toEqual(Array(5).fill("failed"));
    expect(taken).toMatchObject({
      pod: { kind: "made" },
      keys: [{ kind: "made" }],
      inboxes: [{ inbox: { failure: { code: "inbox.taken", details: { suggestions: expect.any(Array) } } } }],
    });
    expect(codeOf(taken?.inboxes[0]?.keys[0])).toBe("inbox.taken");
    expect(mixed?.inboxes.map(({ inbox, keys }) => [inbox, ...keys].map(codeOf))).toEqual([
      ["input.invalid"],
      ["made", "permission.escalation", "made"],
    ]);
    expect(mixed?.keys.map(codeOf)).toEqual(["input.invalid"]);
    expect(mixed?.webhooks.map(codeOf)).toEqual(["inbox.not_found", "made"]);
    const [later] = await apply([tenantNamed("hooli")]);
    expect(kindsOf(later as TenantOutcome)).toEqual(Array(5).fill("made"));
  });

  it("limits the endpoints of a pod, also within one batch", async () => {
    const webhooks = Array.from({ length: MAX_WEBHOOKS + 3 }, (_, index) => hook(`hook-${index}`));
    const crowded: NewTenant = { pod: { clientId: "crowded" }, inboxes: [], keys: [], webhooks };
    const [outcome] = await apply([crowded]);
    const codes = outcome?.webhooks.map(codeOf) ?? [];
    expect(codes).toEqual([...Array(MAX_WEBHOOKS).fill("made"), ...Array(3).fill("limit.exceeded")]);
    const [again] = await apply([crowded]);
    expect(again?.webhooks.map(codeOf)).toEqual([
      ...Array(MAX_WEBHOOKS).fill("found"),
      ...Array(3).fill("limit.exceeded"),
    ]);
  });

  it("is limited in tenants", async () => {
    const many = Array.from({ length: MAX_FLEET_BATCH + 1 }, (_, index) => tenantNamed(`many-${index}`));
    await expect(apply(many)).rejects.toMatchObject({ code: "input.invalid" });
  });

  it("needs the permissions of what it makes, and an organization's key", async () => {
    const key = async (permissions: readonly Permission[], at: { pod?: string } = {}) =>
      t.authenticator.authenticate((await t.seed.key(at, ...permissions)).token);
    const all = [
      "pod_create",
      "inbox_create",
      "api_key_create",
      "api_key_read",
      "webhook_create",
      "message_read",
    ] as const;
    const tenants = [
      {
        ...tenantNamed("permitted"),
        inboxes: [{ keys: [] }],
        keys: [{ permissions: { inbox_create: true } }],
      },
    ];
    for (const left of all) {
      const actor = await key(all.filter((permission) => permission !== left));
      await expect(t.door.run(createTenants, actor, {}, { tenants })).rejects.toMatchObject({
        code: "permission.missing",
        details: { logDetail: expect.stringContaining(left) },
      });
    }
    const [outcome] = await t.door.run(createTenants, await key(all), {}, { tenants });
    expect(kindsOf(outcome as TenantOutcome)).toEqual(Array(4).fill("made"));
    const podKey = await key(["inbox_create"], { pod: t.organizationId });
    await expect(t.door.run(createTenants, podKey, {}, { tenants })).rejects.toMatchObject({
      code: "permission.missing",
    });
  });

  it("leaves nothing when its transaction fails", async () => {
    const failing = operation({
      name: "test.failing",
      needs: ["pod_create"],
      on: "organization",
      kind: "write",
      check: (input: { tenants: NewTenant[] }, facts) => createTenants.prepare(input, facts),
      async run(context, act): Promise<void> {
        expect((await act(context)).flatMap(kindsOf)).toEqual(Array(5).fill("made"));
        throw new Error("the end");
      },
    });
    const tenants = [tenantNamed("vanished")];
    const before = await auditRows();
    await expect(t.door.run(failing, await rootOf(t), {}, { tenants })).rejects.toThrow("the end");
    expect(await auditRows()).toEqual(before);
    expect((await apply(tenants)).flatMap(kindsOf)).toEqual(Array(5).fill("made"));
  });
});

describe("two batches at once with names in common", () => {
  it("make each name once, whatever their order, and never wait for each other", async () => {
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 12 }, (_, index) => `shared-${round}-${index}`);
      const batches = [names, names.toReversed(), [...names.slice(6), ...names.slice(0, 6)]];
      const outcomes = await Promise.all(batches.map((batch) => apply(batch.map(tenantNamed))));
      const kinds = outcomes.flat().flatMap(kindsOf);
      expect(kinds.filter((kind) => kind === "made")).toHaveLength(5 * names.length);
      expect(kinds.filter((kind) => kind === "found")).toHaveLength(10 * names.length);
      const pods = outcomes.flat().flatMap(({ pod }) => (pod.kind === "failed" ? [] : [pod.thing.id]));
      expect(new Set(pods).size).toBe(names.length);
    }
    const addresses = Array.from({ length: 12 }, (_, index) => `wanted-by-two-${index}`);
    const wanting = (name: string, usernames: string[]): NewTenant => ({
      pod: { clientId: name },
      inboxes: usernames.map((username) => ({ username, keys: [] })),
      keys: [],
      webhooks: [],
    });
    const [one, other] = await Promise.all([
      apply([wanting("one", addresses)]),
      apply([wanting("other", addresses.toReversed())]),
    ]);
    const made = [...(one?.flatMap(kindsOf) ?? []), ...(other?.flatMap(kindsOf) ?? [])];
    expect(made.filter((kind) => kind === "made")).toHaveLength(2 + addresses.length);
    expect(made.filter((kind) => kind === "failed")).toHaveLength(addresses.length);
  });
});
