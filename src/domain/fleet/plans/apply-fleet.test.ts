import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  apply,
  confirm,
  fleetOf,
  linesOf,
  plan,
  podOf,
  said,
  shared,
  wanted,
} from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { FleetDocument } from "../../../protocols/fleet-file/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { whoAmI } from "../../tenancy/api-keys/index.ts";
import { createInbox, deleteInbox } from "../../tenancy/inboxes/index.ts";
import { createPod } from "../../tenancy/pods/index.ts";
import type { FleetLine } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

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
    expect(await confirm(t, first)).toBe(4);
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
    await confirm(t, await apply(t, wanted(fleetOf("audit", ["a", "b", "c"]))));
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
    expect(said(second)).toEqual([
      "replace key lost-a tenant",
      "replace key lost-a support/agent",
      "resend webhook lost-a events",
    ]);
    expect(await confirm(t, first)).toBe(0);
    expect(await confirm(t, second)).toBe(2);
    const [old] = linesOf(first, "secret");
    const [own] = linesOf(second, "secret");
    expect((await t.refusal(old?.secret.secret ?? "", whoAmI, {}, undefined)).code).toBe("auth.unknown_key");
    expect(await t.run(own?.secret.secret ?? "", whoAmI, {}, undefined)).toMatchObject({ level: "pod" });
    expect(said(await apply(t, given))).toEqual([]);
  });

  it("shows the secrets of webhooks again that nobody confirmed, as they are, also of tenants without keys", async () => {
    const { inboxes = [], webhooks = [] } = fleetOf("signed", []).defaults ?? {};
    const alone = inboxes.map(({ keys: _keys, ...inbox }) => inbox);
    const given = wanted(fleetOf("signed", ["a", "b"], { defaults: { inboxes: alone, webhooks } }));
    const shown = (lines: readonly FleetLine[]) =>
      linesOf(lines, "webhookSecret").map(({ secret }) => secret);
    const first = await apply(t, given);
    expect(shown(first)).toHaveLength(2);
    expect(said(await plan(t, given))).toEqual([
      "resend webhook signed-a events",
      "resend webhook signed-b events",
    ]);
    const second = await apply(t, given);
    expect(shown(second)).toEqual(shown(first));
    // Whoever confirms the receipt before has not what came after it.
    await confirm(t, first);
    expect(said(await plan(t, given))).toHaveLength(2);
    await confirm(t, second);
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
    ]);
    expect(linesOf(lines, "applied")).toMatchObject([{ totals: { failedTenants: 2 } }]);
    await expect(podOf(t, "alone-b")).rejects.toThrow();
    await confirm(t, lines);
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
    await expect(podOf(t, "undone-a")).rejects.toThrow();
    expect(await podOf(t, "undone-b")).toBeDefined();
    expect(said(await apply(t, wanted(document)))[0]).toBe("create pod undone-a");
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
  await confirm(t, one);
  await confirm(t, other);
  expect(said(await apply(t, given))).toEqual([]);
});
