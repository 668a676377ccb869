import { randomBytes } from "node:crypto";
import { Webhook } from "svix";
import { beforeEach, expect, test } from "vitest";
import { newWebhookSecret, type Signed, webhookHeaders } from "./signature.ts";

const body = JSON.stringify({ event_type: "message.received", subject: "Grüße ✉ \u0000 \n" });
let secret: string;
let signed: Signed;

beforeEach(() => {
  secret = newWebhookSecret(randomBytes);
  signed = { secret, id: "msg_1", timestampSeconds: Math.floor(Date.now() / 1000), body };
});

test("a secret is whsec_ and 24 random bytes as base64", () => {
  expect(newWebhookSecret((bytes) => new Uint8Array(bytes).fill(255))).toBe(`whsec_${"/".repeat(32)}`);
  expect(Buffer.from(secret.slice("whsec_".length), "base64")).toHaveLength(24);
  expect(newWebhookSecret(randomBytes)).not.toBe(secret);
});

test("svix's verifier accepts what was signed, under its own header names and under the standard's", () => {
  const headers = webhookHeaders(signed);
  expect(Object.keys(headers).sort()).toEqual([
    "svix-id",
    "svix-signature",
    "svix-timestamp",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
  ]);
  const named = (prefix: string) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(prefix)));
  for (const prefix of ["svix-", "webhook-"])
    expect(() => new Webhook(secret).verify(body, named(prefix))).not.toThrow();
  expect(headers["svix-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
});

test("the signature is the one svix makes", () => {
  const at = new Date(signed.timestampSeconds * 1000);
  expect(webhookHeaders(signed)["svix-signature"]).toBe(new Webhook(secret).sign("msg_1", at, body));
});

test("svix's verifier refuses another body, id, time or secret", () => {
  const headers = webhookHeaders(signed);
  const refused = (text: string, changed: Record<string, string>, key = secret) =>
    expect(() => new Webhook(key).verify(text, { ...headers, ...changed })).toThrow();
  refused(`${body} `, {});
  refused(body, { "svix-id": "msg_2" });
  refused(body, { "svix-timestamp": String(signed.timestampSeconds + 1) });
  refused(body, {}, newWebhookSecret(randomBytes));
});

test("svix's verifier refuses an attempt that was signed long ago, so each attempt needs its own time", () => {
  const old = webhookHeaders({ ...signed, timestampSeconds: signed.timestampSeconds - 3600 });
  expect(() => new Webhook(secret).verify(body, old)).toThrow(/too old/);
});

test("no header holds the secret", () => {
  expect(JSON.stringify(webhookHeaders(signed))).not.toContain(secret.slice("whsec_".length));
});
