/** Mail that arrives: real bytes through the real pipeline, so that tests of reading read what ingest writes. */

import { randomBytes } from "node:crypto";
import { createLimitsInForce } from "../../src/domain/guardrails/policies/index.ts";
import { createReceiver, type Recipient } from "../../src/domain/transit/arrivals/index.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createIdSource } from "../../src/lib/uuid.ts";
import { inProcessCodec } from "../../src/protocols/mime/index.ts";
import { openLoopTurns } from "./loop-turns.ts";
import { hardlyLimited } from "./mail-limits.ts";
import type { TestDoor } from "./test-door.ts";

export interface ArrivingMail {
  /** Message-ID with its brackets. */
  readonly id: string;
  readonly subject?: string;
  readonly from?: string;
  /** Headers of their own, each with its CRLF. */
  readonly headers?: string;
  /** Seconds since 2026-01-01: the Date header. */
  readonly second?: number;
  readonly inReplyTo?: string;
  readonly text?: string;
  /** One attachment; `type` is its media type. */
  readonly file?: { readonly name: string; readonly type: string; readonly content: string };
}

const epochMs = Date.UTC(2026, 0, 1);

function bytesOf(address: string, mail: ArrivingMail): Buffer {
  const head = [
    `From: ${mail.from ?? "Human <human@outside.test>"}`,
    `To: ${address}`,
    `Subject: ${mail.subject ?? "Hello"}`,
    `Message-ID: ${mail.id}`,
    `Date: ${new Date(epochMs + (mail.second ?? 0) * 1000).toUTCString()}`,
    ...(mail.inReplyTo === undefined ? [] : [`In-Reply-To: ${mail.inReplyTo}`]),
    "MIME-Version: 1.0",
  ].join("\r\n");
  const text = mail.text ?? "Hello.";
  if (mail.file === undefined)
    return Buffer.from(
      `${head}\r\n${mail.headers ?? ""}Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`,
    );
  const { name, type, content } = mail.file;
  return Buffer.from(
    `${head}\r\n${mail.headers ?? ""}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n${text}\r\n--b\r\n` +
      `Content-Type: ${type}\r\nContent-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(name)}\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
      `${Buffer.from(content).toString("base64")}\r\n--b--\r\n`,
  );
}

/** Puts a mail into the inbox of `address`; resolves when it is committed. */
export function mailInto(test: TestDoor): (address: string, mail: ArrivingMail) => Promise<void> {
  const arrive = bytesInto(test);
  return (address, mail) => arrive(address, bytesOf(address, mail));
}

/**
 * The same with the bytes of a mail, to one address or several, when they came, and the reverse-path.
 * @param judge what it is judged by; without one it is mail of a client that is not judged
 */
export function bytesInto(
  test: TestDoor,
  judge?: NonNullable<Parameters<typeof createReceiver>[0]["judge"]>,
): (
  to: string | readonly string[],
  raw: Uint8Array,
  receivedAt?: Date,
  envelopeFrom?: string,
) => Promise<void> {
  const receiver = createReceiver({
    database: test.database,
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
    mimeCodec: inProcessCodec,
    // Of any size: SMTP has refused what is larger than the installation takes.
    limitsInForce: createLimitsInForce(hardlyLimited),
    turns: openLoopTurns(),
    ...(judge !== undefined && { judge }),
  });
  return async (to, raw, receivedAt = new Date(), envelopeFrom = "human@outside.test") => {
    const recipients: Recipient[] = [];
    for (const address of [to].flat()) {
      const recipient = await receiver.resolve(address);
      if (recipient === null) throw new Error(`no inbox ${address}`);
      recipients.push(recipient);
    }
    await receiver.receive({
      raw,
      trace: "",
      recipients,
      envelopeFrom,
      receivedAt,
      ...(judge !== undefined && { client: { address: "192.0.2.1", name: "client.outside.test" } }),
    });
  };
}
