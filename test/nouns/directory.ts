import type { TestNoun } from "./noun.ts";

const id = "0190a000-0000-7000-8000-00000000dead";

export const accounts: TestNoun = {
  dialect: "v0",
  tables: [],
  absent: {},
  choices: { account_id: id },
  routes: {
    "accounts.list": {},
    "accounts.get": {},
    "accounts.update": {
      body: () => ({ status: "disabled" }),
      fields: { status: [{ says: "another status", value: "deleted" }] },
      empty: "status",
      refusesUnknownFields: true,
    },
  },
};

const connect = {
  body: () => ({ accept_disclosure: true }),
  fields: { inbox_id: "text", accept_disclosure: "flag" },
  empty: "accepted",
} as const;

export const apps: TestNoun = {
  dialect: "v0",
  tables: [],
  absent: {},
  choices: { app_id: id },
  namesNothing: ["app_id"],
  routes: {
    "apps.list": {},
    "apps.search": {},
    "apps.get": {},
    "apps.listAccounts": {},
    "apps.connect": connect,
    "inboxes.authorize": {
      body: () => ({ auth_token: "token" }),
      fields: { auth_token: "text", accept_disclosure: "flag" },
      empty: "auth_token",
    },
  },
};

export const providers: TestNoun = {
  dialect: "v0",
  tables: [],
  absent: {},
  choices: { provider_id: id },
  namesNothing: ["provider_id"],
  routes: {
    "providers.list": {},
    "providers.search": {},
    "providers.get": {},
    "providers.listAccounts": {},
    "providers.connect": connect,
  },
};
