import { type TestNoun, thing } from "./noun.ts";

const switches = {
  feedback_enabled: "flag",
  subdomains_enabled: "flag",
  tracking_enabled: "flag",
  inbound_enabled: "flag",
} as const;

export const domains: TestNoun = {
  dialect: "v0",
  tables: ["domains"],
  absent: { domain_id: "nothing.example.com" },
  async furnish({ client, name, things }) {
    const domain = await client.pods.domains.create(thing(things, "pod_id"), { domain: `${name}-mail.com` });
    return { domain_id: domain.domainId };
  },
  routes: {
    "domains.list": {},
    "domains.get": {},
    "domains.getZoneFile": {},
    "domains.getSetupLink": {},
    "domains.create": {
      body: (things) => ({ domain: thing(things, "domain_id") }),
      foreign: () => ({ domain: "intruder-mail.com" }),
      fields: {
        domain: "newDomain",
        ...switches,
        client_id: "clientId",
        allow_conflicting_provider: "flag",
      },
      empty: "domain",
    },
    "domains.update": { body: () => ({ tracking_enabled: false }), fields: switches, empty: null },
    "domains.verify": {},
    "domains.rotateDkim": {},
    "domains.registerOwn": {},
    "domains.trust": {},
    "domains.distrust": {},
    "domains.delete": {},
  },
};
