/** What a document comes to for each tenant, and what can be said of it before anything is sent. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress } from "../address/address.ts";
import { expandTenant, type FleetDocument, fleetDocument, graceDaysOf, problemsOf } from "./index.ts";

const defaults = {
  display_name: "{tenant} support",
  metadata: { tenant: "{tenant}", tier: 1 },
  policy: "standard",
  rules: ["no-spam"],
  inboxes: [{ role: "support", address: "Support-{tenant}@YourApp.example", keys: [{ name: "agent" }] }],
  keys: [{ name: "pod", permissions: { message_read: true } }],
  webhooks: [{ name: "events", url: "https://hooks.example/{tenant}", event_types: ["message.received"] }],
};

const documentOf = (tenants: FleetDocument["tenants"], own: object = defaults): FleetDocument =>
  fleetDocument.parse({ version: 1, defaults: own, tenants });

const said = (document: FleetDocument): string[] =>
  problemsOf(document).shown.map(({ path, says }) => `${path.join(".")} ${says}`);

describe("a tenant", () => {
  test("has the defaults with its slug in them", () => {
    const document = documentOf([{ slug: "Acme" }]);
    expect(said(document)).toEqual([]);
    expect(document.tenants.map((tenant) => expandTenant(document, tenant))).toEqual([
      {
        slug: "Acme",
        policy: "standard",
        rules: ["no-spam"],
        inboxes: [
          {
            role: "support",
            address: "support-acme@yourapp.example",
            displayName: "Acme support",
            metadata: { tenant: "Acme", tier: 1 },
            keys: [{ name: "agent" }],
          },
        ],
        keys: [{ name: "pod", permissions: { message_read: true } }],
        webhooks: [{ name: "events", url: "https://hooks.example/Acme", eventTypes: ["message.received"] }],
      },
    ]);
  });

  test("replaces what it says itself, and what nobody says is not the fleet's", () => {
    const document = documentOf([
      {
        slug: "a",
        policy: null,
        rules: [],
        name: "{tenant} Inc.",
        inboxes: [{ role: "r", address: "{tenant}@a.example" }],
      },
      { slug: "b", inboxes: [] },
    ]);
    expect(expandTenant(document, document.tenants[0] ?? { slug: "" })).toMatchObject({
      policy: null,
      rules: [],
      name: "a Inc.",
      inboxes: [{ role: "r", address: "a@a.example", displayName: "a support" }],
    });
    const bare = documentOf([{ slug: "b", inboxes: [] }], {});
    expect(expandTenant(bare, { slug: "b", inboxes: [] })).toEqual({ slug: "b", inboxes: [] });
    expect(graceDaysOf(bare)).toBe(30);
    expect(graceDaysOf({ removal: { grace_days: 0 } })).toBe(0);
  });

  test("of two whose defaults are shared, none changes the other", () => {
    const document = documentOf([{ slug: "a" }, { slug: "b" }]);
    const [a, b] = document.tenants.map((tenant) => expandTenant(document, tenant));
    expect(a?.inboxes[0]?.metadata).not.toBe(b?.inboxes[0]?.metadata);
    expect(document.defaults).toEqual(defaults);
  });
});

describe("before anything is sent", () => {
  test("addresses that cannot be are named, each with its reason", () => {
    const document = documentOf([
      { slug: "a..b" },
      { slug: "end." },
      { slug: "til~de" },
      { slug: "x".repeat(57) },
      { slug: "fits".padEnd(56, "x") },
      { slug: "own", inboxes: [{ role: "r", address: "agents+{tenant}@a.example" }] },
      { slug: "none", inboxes: [{ role: "r", address: "{tenant}.example" }] },
      { slug: "word", inboxes: [{ role: "r", address: "{tenat}@a.example" }] },
      { slug: "sub_domain", inboxes: [{ role: "r", address: "help@{tenant}.a.example" }] },
      { slug: "idn", inboxes: [{ role: "r", address: "help@münchen.example" }] },
      { slug: "local", inboxes: [{ role: "r", address: "hälp@a.example" }] },
    ]);
    const grammar = "whose local part may hold a-z 0-9 . _ - alone, without a dot at an end or two in a row";
    expect(said(document)).toEqual([
      `tenants.0.slug makes the address Support-a..b@YourApp.example, ${grammar}`,
      `tenants.1.slug makes the address Support-end.@YourApp.example, ${grammar}`,
      `tenants.2.slug makes the address Support-til~de@YourApp.example, ${grammar}`,
      `tenants.3.slug makes the address Support-${"x".repeat(57)}@YourApp.example, whose local part has 65 octets: 64 are allowed`,
      "tenants.5.inboxes.0.address makes the address agents+own@a.example, whose + begins a plus-tag, which is not part of an inbox's own address",
      "tenants.6.inboxes.0.address is no address: it has no @",
      "tenants.7.inboxes.0.address may hold {tenant}, and no other braces",
      "tenants.8.inboxes.0.address makes the address help@sub_domain.a.example, whose domain is none",
      `tenants.10.inboxes.0.address makes the address hälp@a.example, ${grammar}`,
    ]);
  });

  test("two inboxes of one address are named with each other, in whatever case, script or tenant", () => {
    const document = documentOf([
      { slug: "acme" },
      { slug: "ACME" },
      { slug: "acme" },
      { slug: "other", inboxes: [{ role: "a", address: "support-Acme@yourapp.example" }] },
      { slug: "u", inboxes: [{ role: "a", address: "help@münchen.example" }] },
      { slug: "a", inboxes: [{ role: "a", address: "help@xn--mnchen-3ya.example" }] },
    ]);
    expect(problemsOf(document).shown).toEqual([
      {
        path: ["tenants", 1, "slug"],
        says: "makes the address support-acme@yourapp.example, which another inbox has already",
        also: ["tenants", 0, "slug"],
      },
      { path: ["tenants", 2, "slug"], says: "is there twice", also: ["tenants", 0, "slug"] },
      expect.objectContaining({
        path: ["tenants", 3, "inboxes", 0, "address"],
        also: ["tenants", 0, "slug"],
      }),
      expect.objectContaining({ also: ["tenants", 4, "inboxes", 0, "address"] }),
    ]);
    const shared = documentOf([{ slug: "a" }, { slug: "b" }], {
      inboxes: [{ role: "all", address: "all@a.example" }],
    });
    expect(said(shared)).toEqual([
      "tenants.1.slug has the address all@a.example for all, which another tenant has: put {tenant} into it",
    ]);
  });

  test("names used twice, texts that become too long, URLs that are none and tenants without inboxes are named", () => {
    const twice = { role: "r", address: "a@a.example", keys: [{ name: "k" }, { name: "k" }] };
    const document = documentOf(
      [
        { slug: "a", inboxes: [twice, { ...twice, address: "b@a.example", keys: [] }], rules: ["x", "x"] },
        { slug: "b".repeat(250), inboxes: [{ role: "r", address: "c@a.example" }] },
        { slug: "c" },
        {
          slug: "d",
          inboxes: [],
          webhooks: [{ name: "w", url: "https://{tenant}.d:25/", event_types: ["x"] }],
        },
      ],
      { display_name: "Support of {tenant}", metadata: { about: "Tenant {tenant}" }, webhooks: [] },
    );
    expect(said(document).map((line) => line.replaceAll(/b{250}/g, "b…"))).toEqual([
      "tenants.0.inboxes.1.role is there twice",
      "tenants.0.rules.1 is there twice",
      "tenants.0.inboxes.0.keys.1.name is there twice",
      "tenants.1.slug makes the display name of r longer than 256 characters, or not one line",
      "tenants.1.slug makes about in the metadata of r longer than 256 characters",
      "tenants.2 has no inboxes: give it some, or defaults.inboxes, or [] for a pod without any",
      expect.stringMatching(/^tenants\.3\.webhooks\.0\.url makes the webhook URL .* wrong: port 25/),
    ]);
  });

  test("of ten thousand of a kind fifty are shown and all are counted", () => {
    const tenants = Array.from({ length: 10_000 }, (_, index) => ({ slug: `t${index}.` }));
    const { shown, count } = problemsOf(documentOf(tenants));
    expect({ shown: shown.length, count }).toEqual({ shown: 50, count: 10_000 });
  });
});

test("whatever the slugs, what has no problem has addresses that can be written, each once", () => {
  const slug = fc.stringMatching(/^[A-Za-z0-9\-._~]{1,70}$/);
  const pattern = fc.constantFrom(
    "support-{tenant}@a.example",
    "{tenant}@A.example",
    "help@{tenant}.a.example",
    "{tenant}.{tenant}@a.example",
  );
  fc.assert(
    fc.property(fc.array(slug, { minLength: 1, maxLength: 20 }), pattern, (slugs, address) => {
      const document = documentOf(
        slugs.map((one) => ({ slug: one })),
        { inboxes: [{ role: "r", address }] },
      );
      const { shown } = problemsOf(document);
      const wrong = new Set(shown.map(({ path }) => path[1]));
      const good = document.tenants.filter((_, index) => !wrong.has(index));
      const addresses = good
        .flatMap((tenant) => expandTenant(document, tenant).inboxes)
        .map((inbox) => inbox.address);
      for (const one of addresses) expect(parseAddress(one)?.address).toBe(one);
      expect(new Set(addresses).size).toBe(addresses.length);
      expect(new Set(good.map((tenant) => tenant.slug)).size).toBe(good.length);
    }),
  );
});
