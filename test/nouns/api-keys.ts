import type { BadValue } from "../bad-input/field-kinds.ts";
import { type TestNoun, thing } from "./noun.ts";

/** The point of RFC 7515 appendix A.3. */
const jwk = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};

const wrongJwks: readonly BadValue[] = [
  { says: "a private member", value: { ...jwk, d: jwk.x } },
  { says: "an id", value: { ...jwk, kid: "1" } },
  { says: "another curve", value: { ...jwk, crv: "P-384" }, at: ["crv"] },
  { says: "another kind", value: { ...jwk, kty: "RSA" }, at: ["kty"] },
  { says: "no point of the curve", value: { ...jwk, y: jwk.x } },
  { says: "31 bytes", value: { ...jwk, x: jwk.x.slice(0, -2) }, at: ["x"] },
  { says: "padding", value: { ...jwk, x: `${jwk.x}=` }, at: ["x"] },
  { says: "the other alphabet", value: { ...jwk, y: jwk.y.replace("_", "/") }, at: ["y"] },
];

/** Of a key with a secret a client_id says nothing: each request makes another. */
const noClientId: readonly BadValue[] = [{ says: "a number", value: 5 }];

/** A key of the tenant's inbox, and one of its pod; `pod_key` and `inbox_key` are their secrets. */
export const apiKeys: TestNoun = {
  dialect: "v0",
  tables: ["api_keys"],
  absent: { api_key_id: "0190a000-0000-7000-8000-00000000dead" },
  async furnish({ client, name, things }) {
    const ofPod = await client.pods.apiKeys.create(thing(things, "pod_id"), { name });
    const ofInbox = await client.inboxes.apiKeys.create(thing(things, "inbox_id"), { name });
    if (!("apiKey" in ofInbox)) throw new Error("not a bearer key");
    return {
      api_key_id: ofInbox.apiKeyId,
      inbox_key: ofInbox.apiKey,
      pod_key_id: ofPod.apiKeyId,
      pod_key: ofPod.apiKey,
    };
  },
  named: (path, parameter) =>
    parameter === "api_key_id" && path.startsWith("/v0/pods/") ? "pod_key_id" : null,
  routes: {
    "apiKeys.list": {},
    "apiKeys.get": {},
    "apiKeys.create": {
      body: () => ({ name: "two", permissions: { inbox_read: true } }),
      foreign: () => ({ name: "intruder" }),
      fields: {
        name: "name",
        permissions: "permissions",
        public_key: wrongJwks,
        client_id: noClientId,
        expires_at: "future",
      },
      empty: "accepted",
    },
    "apiKeys.listPublicKeys": {},
    "apiKeys.createPublicKey": {
      body: () => ({ public_key: jwk }),
      foreign: () => ({ public_key: jwk }),
      fields: {
        name: "name",
        permissions: "permissions",
        public_key: wrongJwks,
        client_id: "clientId",
        expires_at: "future",
      },
      empty: "public_key",
    },
    "apiKeys.updatePublicKey": {
      body: () => ({ name: "two" }),
      fields: { name: "name", permissions: "permissions", expires_at: "unsupported" },
      empty: "accepted",
    },
    "apiKeys.deletePublicKey": {},
    "apiKeys.revokeAllSignInKeys": {},
    "apiKeys.rotate": {
      body: () => ({ names: ["no key has this name"], overlap_seconds: 60 }),
      fields: {
        names: [
          { says: "no names", value: [] },
          { says: "an empty name", value: [""], at: [0] },
          { says: "101 names", value: Array(101).fill("agent") },
        ],
        tenants: [{ says: "1001 tenants", value: Array(1001).fill("acme") }],
        overlap_seconds: [
          { says: "less than none", value: -1 },
          { says: "more than a month", value: 2_592_001 },
          { says: "half a second", value: 0.5 },
        ],
      },
      empty: "names",
    },
    "apiKeys.update": {
      body: () => ({ name: "two" }),
      fields: { name: "name", permissions: "permissions", expires_at: "unsupported" },
      empty: "accepted",
    },
    "apiKeys.delete": {},
  },
};
