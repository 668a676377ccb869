import { type TestNoun, thing } from "./noun.ts";

/** Beside what no text may be. */
const texts = (...values: readonly string[]) =>
  values.map((value) => ({ says: `the text ${value.slice(0, 30)}`, value }));
const long = "x".repeat(257);

/** Of the accounts that bodies ask for: no two have one address. */
let asked = 0;

const password = "Opens-Imap-And-Submission-1";
const withPassword = (email: string) => ({ provider: "nylas", settings: { email, app_password: password } });

/** An account, by its address. */
export const grants: TestNoun = {
  dialect: "v3",
  tables: [],
  absent: { grant_id: "nobody@rookery.localhost" },
  aliases: { grant_id: ["inbox_id"] },
  furnish: async ({ things }) => ({ grant_id: thing(things, "inbox_id") }),
  routes: {
    "auth.customAuthentication": {
      body: ({ grant_id }) => ({ provider: "nylas", settings: { email: `new-${asked++}-${grant_id}` } }),
      foreign: (victim) => ({
        provider: "nylas",
        settings: { email: `third-${victim["grant_id"]}` },
        workspace_id: victim["pod_id"],
      }),
      fields: {
        provider: texts("", "google", "NYLAS"),
        settings: [{ says: "an empty object", value: {}, at: ["email"] }],
        name: texts(long, "a\u0000b", "one\r\nBcc: x@evil.test"),
        workspace_id: [
          {
            says: "a workspace that is not there",
            value: "0190a000-0000-7000-8000-00000000dead",
            status: 404,
          },
        ],
        state: texts(long, "a\u0000b"),
      },
      empty: "provider",
      needing: {
        message_read: [({ grant_id }) => withPassword(`new-${asked++}-${grant_id}`)],
        message_send: [({ grant_id }) => withPassword(`new-${asked++}-${grant_id}`)],
      },
    },
    "grants.list": {},
    "grants.find": {},
    "grants.update": {
      body: () => ({ name: "Two" }),
      fields: {
        provider: texts("", "google", "NYLAS"),
        settings: [{ says: "another address", value: { email: "other@rookery.localhost" }, at: ["email"] }],
        name: texts(long, "a\u0000b", "one\r\nBcc: x@evil.test"),
        workspace_id: [
          {
            says: "a workspace that is not there",
            value: "0190a000-0000-7000-8000-00000000dead",
            status: 404,
          },
        ],
        state: texts(long, "a\u0000b"),
      },
      empty: "accepted",
      needing: {
        pod_update: [({ pod_id }) => ({ workspace_id: pod_id })],
        message_read: [() => ({ settings: { app_password: password } })],
        message_send: [() => ({ settings: { app_password: password } })],
      },
    },
    "grants.destroy": {},
  },
};
