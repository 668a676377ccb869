import type { TestNoun } from "./noun.ts";

const kept = [{ says: "17 KB", value: { text: "x".repeat(17_000) } }] as const;
const fields = { name: "text", settings: kept, scope: "connectorScope" } as const;
const update = { body: () => ({ name: "Two" }), fields, empty: "accepted" } as const;

/** One for the whole organization, whichever tenant asks. */
export const connectors: TestNoun = {
  dialect: "v3",
  tables: [],
  absent: {},
  choices: { provider: "nylas" },
  routes: {
    "connectors.list": {},
    "connectors.find": {},
    "connectors.create": {
      body: () => ({ provider: "nylas" }),
      fields: {
        ...fields,
        settings: [],
        scope: [],
        name: "text",
        provider: ["", "google", "NYLAS"].map((value) => ({ says: `the provider ${value}`, value })),
      },
      empty: "provider",
    },
    "connectors.update": update,
    "connectors.patch": update,
    "connectors.destroy": {},
    "credentials.list": {},
    "auth.detectProvider": {},
  },
};
