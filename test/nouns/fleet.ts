import { randomUUID } from "node:crypto";
import type { Permission } from "../../src/domain/door/access/index.ts";
import type { BadValue } from "../bad-input/field-kinds.ts";
import type { TestNoun, Things } from "./noun.ts";

const bad = (says: string, value: unknown, ...at: (string | number)[]): BadValue => ({ says, value, at });

let count = 0;

/** A fleet of one tenant, each time another: what it makes is nobody's thing yet. */
const tenant = (more: object = {}) => {
  const slug = `fleet-${++count}-${randomUUID().slice(0, 8)}`;
  return { slug, inboxes: [{ role: "in", address: `${slug}@rookery.localhost` }], ...more };
};
const document = (more: object = {}, own: object = {}) => ({ version: 1, tenants: [tenant(own)], ...more });

const without = (key: string): object =>
  Object.fromEntries(Object.entries(document()).filter(([name]) => name !== key));
const two = () => {
  const one = tenant();
  return { version: 1, tenants: [one, one] };
};

const documents: readonly BadValue[] = [
  bad("a text", "acme"),
  bad("no version", without("version"), "version"),
  bad("no tenants", without("tenants"), "tenants"),
  bad("another version", { ...document(), version: 2 }, "version"),
  bad("an unknown word", document({ tenant: [] })),
  bad("an unknown word of a tenant", document({}, { adress: "x@rookery.localhost" }), "tenants", 0),
  bad("no slug", { version: 1, tenants: [{ inboxes: [] }] }, "tenants", 0, "slug"),
  bad("a slug with a slash", { version: 1, tenants: [{ slug: "a/b", inboxes: [] }] }, "tenants", 0, "slug"),
  bad("a slug twice", two(), "tenants", 1, "slug"),
  bad(
    "an address that is none",
    document({}, { inboxes: [{ role: "in", address: "nobody" }] }),
    "tenants",
    0,
    "inboxes",
    0,
    "address",
  ),
  bad("a policy that is not there", document({}, { policy: "platinum" }), "tenants", 0, "policy"),
];

const options = {
  targets: [bad("a number in it", [1], 0), bad("one that the document does not have", ["nobody"], 0)],
  prune: [bad("a text", "yes")],
  max_delete: [bad("-1", -1), bad("a fraction", 0.5), bad("a text", "10")],
  now: [bad("a text", "yes")],
};

const withKeys = () => ({ document: document({}, { keys: [{ name: "k" }] }) });
const withWebhooks = () => ({
  document: document(
    {},
    {
      webhooks: [{ name: "w", url: "https://hooks.example.com/", event_types: ["message.received"] }],
    },
  ),
});
const withPolicy = () => ({ document: document({ policies: { [`p${++count}`]: {} } }) });
const withPrune = () => ({ document: document(), prune: true, max_delete: 0 });

const needing: Partial<Record<Permission, readonly (() => unknown)[]>> = {
  api_key_create: [withKeys],
  api_key_update: [withKeys],
  api_key_delete: [withKeys],
  webhook_create: [withWebhooks],
  webhook_update: [withWebhooks],
  message_read: [withWebhooks],
  label_spam_read: [withWebhooks],
  label_blocked_read: [withWebhooks],
  label_unauthenticated_read: [withWebhooks],
  guardrail_write: [withPolicy],
  pod_delete: [withPrune],
  inbox_delete: [withPrune],
};

/** A plan of the organization. */
export const fleet: TestNoun = {
  dialect: "v0",
  tables: ["fleet_tenants", "fleet_shared"],
  absent: { plan_id: randomUUID() },
  async furnish({ request }): Promise<Things> {
    const { text } = await request("POST", "/v0/fleet/plan", { document: document() });
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { plan_id: String(lines.at(-1)?.["plan_id"]) };
  },
  routes: {
    "fleet.plan": {
      body: () => ({ document: document() }),
      fields: { document: documents, ...options },
      empty: "document",
    },
    "fleet.getPlan": {},
    "fleet.apply": {
      body: () => ({ document: document() }),
      fields: {
        document: documents,
        ...options,
        plan_id: [
          { says: "a plan beside a document", value: randomUUID(), at: null },
          bad("a number", 1),
          bad("a text", "plan"),
        ],
      },
      empty: null,
      needing,
    },
    "fleet.confirmSecrets": {
      body: () => ({ receipt_id: randomUUID() }),
      fields: { receipt_id: [bad("a text", "receipt"), bad("a number", 1)] },
      empty: "receipt_id",
    },
    "fleet.status": {},
    "fleet.document": {},
    "fleet.offboard": {
      body: () => ({ tenants: ["nobody"] }),
      fields: {
        tenants: [bad("none", []), bad("a number in it", [1], 0)],
        grace_days: [bad("-1", -1), bad("a fraction", 0.5), bad("ten years and a day", 3651)],
        now: [bad("a text", "yes")],
      },
      empty: "tenants",
    },
  },
};
