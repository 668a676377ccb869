import { type TestNoun, thing } from "./noun.ts";

/** The domain that the tenant has already, under its id. */
export const managedDomains: TestNoun = {
  dialect: "v3",
  tables: [],
  absent: { domain_address: "nothing.example.com" },
  uses: ["domain_id"],
  aliases: { domain_address: ["domain_id"] },
  furnish: async ({ things }) => ({ domain_address: thing(things, "domain_id") }),
  routes: {
    "domains.list": {},
    "domains.find": {},
    "domains.create": {
      body: (things) => ({ name: "Two", domain_address: thing(things, "domain_id") }),
      foreign: () => ({ name: "Two", domain_address: "intruder-mail.com" }),
      fields: { name: "name", domain_address: "managedDomain" },
      empty: "name",
    },
    "domains.update": { body: () => ({ name: "Two" }), fields: { name: "name" }, empty: "accepted" },
    "domains.destroy": {},
    "domains.verify": { body: () => ({ type: "dkim" }), fields: { type: "text" }, empty: "type" },
    "domains.info": { body: () => ({ type: "dkim" }), fields: { type: "text" }, empty: "type" },
  },
};
