/** Svix / Standard Webhooks signatures: HMAC-SHA256 over `id.timestamp.body` with the secret behind `whsec_`. */
import { createHmac } from "node:crypto";

/** Bytes of a signing key, as Svix generates them. */
const SECRET_BYTES = 24;
const PREFIX = "whsec_";

/** @param random returns that many random bytes */
export function newWebhookSecret(random: (bytes: number) => Uint8Array): string {
  return PREFIX + Buffer.from(random(SECRET_BYTES)).toString("base64");
}

export interface Signed {
  readonly secret: string;
  /** Constant over retries of one message. */
  readonly id: string;
  /** Unix time of this attempt: verifiers refuse one older than five minutes. */
  readonly timestampSeconds: number;
  readonly body: string;
}

/** `v1,<base64>` */
function signWebhook({ secret, id, timestampSeconds, body }: Signed): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestampSeconds}.${body}`).digest("base64")}`;
}

/** The headers of one attempt, under Svix's names and the standard's. */
export function webhookHeaders(signed: Signed): Record<string, string> {
  const values = {
    id: signed.id,
    timestamp: String(signed.timestampSeconds),
    signature: signWebhook(signed),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => [
      [`svix-${name}`, value],
      [`webhook-${name}`, value],
    ]),
  );
}
