/** Limits on what arrives: exact, the same for SMTP and local delivery, and one inbox's hold back no other's mail for good. */

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allMessages } from "../../../../test/support/lists.ts";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { attachPolicy, limit } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { type Database, openDatabase } from "../../../storage/db.ts";
import { Failure } from "../../door/failures.ts";
import { createLimitsInForce, type SetLimits, updatePolicy } from "../../guardrails/policies/index.ts";
import { deleteMessage, getMessage, listMessages } from "../../mail/messages/index.ts";
import { deleteThread } from "../../mail/threads/index.ts";
import { createReceiver, type Receiver } from "./index.ts";

let t: TestDoor;
let at: number;
beforeAll(async () => {
  t = await openTestDoor();
  at = Date.UTC(2026, 0, 15, 12);
});
afterAll(() => t.close());

/** A receiver as a process has it, which remembers limits for itself. */
const receiverOn = (database: Database = t.database): Receiver =>
  createReceiver({
    turns: openLoopTurns(),
    database,
    clock: { now: () => new Date(at), monotonicMs: () => 0 },
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
    mimeCodec: inProcessCodec,
    limitsInForce: createLimitsInForce(t.parts.lent.installation.limits),
  });

/** A new inbox of a tenant with these limits. */
async function inboxWith(limits: Partial<SetLimits>) {
  const pod = await t.seed.pod();
  const policy = await limit(t, pod, limits);
  return { pod, policy, ...(await t.seed.inbox(pod)) };
}

let count = 0;
const mail = ({
  id = `<${++count}@x.test>`,
  body = "Content-Type: text/plain\r\n\r\nHello.\r\n",
} = {}): Buffer =>
  Buffer.from(`From: a@x.test\r\nTo: b@x.test\r\nMessage-ID: ${id}\r\nSubject: Hello\r\n${body}`);

const withFile = (type: string, content = "x"): string =>
  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n" +
  `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename=f\r\n\r\n${content}\r\n--b--\r\n`;

const outcomeOf = async (act: Promise<unknown>): Promise<unknown> => {
  try {
    await act;
    return "taken";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
};

async function receive(receiver: Receiver, to: readonly string[], raw: Buffer = mail()) {
  const recipients = await Promise.all(to.map((address) => receiver.resolve(address)));
  return receiver.receive({
    raw,
    trace: "",
    recipients: recipients.filter((recipient) => recipient !== null),
    envelopeFrom: "a@x.test",
    receivedAt: new Date(at),
  });
}

const arrive = (receiver: Receiver, to: readonly string[], raw?: Buffer) =>
  outcomeOf(receive(receiver, to, raw));

/** What RCPT is answered. */
async function admit(receiver: Receiver, address: string, bytes: number | null = null): Promise<unknown> {
  const recipient = await receiver.resolve(address);
  if (recipient === null) throw new Error(`no inbox ${address}`);
  return outcomeOf(receiver.admit(recipient, { envelopeFrom: "", sizeBytes: bytes }));
}

const storedIn = async (inbox: string): Promise<readonly string[]> =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.map(({ messageId }) => messageId);

describe("receives a day", () => {
  it("n are taken, and the next is refused at RCPT and when it is stored, until midnight UTC", async () => {
    const { address } = await inboxWith({ receivedPerDay: 2 });
    const receiver = receiverOn();
    expect([await arrive(receiver, [address]), await admit(receiver, address)]).toEqual(["taken", "taken"]);
    expect(await arrive(receiver, [address])).toBe("taken");
    expect(await admit(receiver, address)).toBe("limit.reached");
    expect(await arrive(receiver, [address])).toBe("limit.reached");
    expect(await storedIn(address)).toHaveLength(2);
    at += 12 * 3_600_000;
    expect([await admit(receiver, address), await arrive(receiver, [address])]).toEqual(["taken", "taken"]);
  });

  it("are exact for mail that comes at once to two processes, in groups", async () => {
    const { address } = await inboxWith({ receivedPerDay: 5 });
    const second = openDatabase(t.engine, 4);
    try {
      const receivers = [receiverOn(), receiverOn(second)] as const;
      const outcomes = await Promise.all(
        Array.from({ length: 24 }, (_, index) => arrive(receivers[index % 2 === 0 ? 0 : 1], [address])),
      );
      expect(outcomes.filter((outcome) => outcome === "taken")).toHaveLength(5);
      expect(new Set(outcomes)).toEqual(new Set(["taken", "limit.reached"]));
      expect(await storedIn(address)).toHaveLength(5);
    } finally {
      await second.close();
    }
  });

  it("are not lowered by deleting mail, nor used up by the same mail again", async () => {
    const { address } = await inboxWith({ receivedPerDay: 2 });
    const receiver = receiverOn();
    const raw = mail();
    for (let times = 0; times < 3; times++) expect(await arrive(receiver, [address], raw)).toBe("taken");
    const [messageId = ""] = await storedIn(address);
    await t.run(t.rootToken, deleteMessage, { inbox: address }, { messageId });
    expect([await arrive(receiver, [address]), await arrive(receiver, [address])]).toEqual([
      "taken",
      "limit.reached",
    ]);
  });

  it("a mail to two inboxes of which one is over its limit is stored in neither, and comes again", async () => {
    const { address: full } = await inboxWith({ receivedPerDay: 0 });
    const { address: other } = await t.seed.inbox();
    const receiver = receiverOn();
    const raw = mail();
    expect(await arrive(receiver, [full, other], raw)).toBe("limit.reached");
    expect(await storedIn(other)).toEqual([]);
    // Its sender then hears at RCPT which one it is.
    expect([await admit(receiver, full), await admit(receiver, other)]).toEqual(["limit.reached", "taken"]);
    expect(await arrive(receiver, [other], raw)).toBe("taken");
  });

  it("a change of the policy holds with the next mail in every process", async () => {
    const { address, policy, pod } = await inboxWith({ receivedPerDay: 0 });
    const receivers = [receiverOn(), receiverOn()];
    const all = () => Promise.all(receivers.map((receiver) => arrive(receiver, [address])));
    expect(await all()).toEqual(["limit.reached", "limit.reached"]);
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { receivedPerDay: -1 } });
    expect(await all()).toEqual(["taken", "taken"]);
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { receivedPerDay: 0 } });
    expect(await all()).toEqual(["limit.reached", "limit.reached"]);
    await attachPolicy(t, pod, null);
    expect(await all()).toEqual(["taken", "taken"]);
  });
});

describe("storage", () => {
  it("is what the inbox holds: mail from before the limit counts, and deleting makes room", async () => {
    const { address, policy, pod } = await inboxWith({});
    await attachPolicy(t, pod, null);
    const receiver = receiverOn();
    await arrive(receiver, [address], mail({ id: "<a000@x.test>" }));
    const [messageId = ""] = await storedIn(address);
    const { size, threadId } = await t.run(t.rootToken, getMessage, { inbox: address }, { messageId });
    await attachPolicy(t, pod, policy);
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { storageBytes: size * 3 } });
    expect(await arrive(receiver, [address], mail({ id: "<b000@x.test>" }))).toBe("taken");
    expect(await admit(receiver, address)).toBe("taken");
    expect(await arrive(receiver, [address], mail({ id: "<c000@x.test>" }))).toBe("taken");
    expect(await admit(receiver, address)).toBe("storage.reached");
    expect(await arrive(receiver, [address], mail({ id: "<d000@x.test>" }))).toBe("storage.reached");
    await t.run(t.rootToken, deleteThread, {}, { threadId });
    expect(await admit(receiver, address)).toBe("taken");
    expect(await arrive(receiver, [address], mail({ id: "<d000@x.test>" }))).toBe("taken");
    expect(await arrive(receiver, [address], mail({ id: "<e000@x.test>" }))).toBe("storage.reached");
  });

  it("beyond a limit that is new is known from the first mail that it refuses", async () => {
    const { address, policy } = await inboxWith({});
    const receiver = receiverOn();
    await arrive(receiver, [address]);
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { storageBytes: 10 } });
    expect(await admit(receiver, address)).toBe("taken");
    expect(await arrive(receiver, [address])).toBe("storage.reached");
    expect(await admit(receiver, address)).toBe("storage.reached");
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { storageBytes: 10_000 } });
    expect(await arrive(receiver, [address])).toBe("taken");
  });
});

describe("a mail itself", () => {
  it("is refused for its size, as announced or as it is, and for its attachments", async () => {
    const limits = {
      messageBytes: 2000,
      attachmentBytes: 50,
      attachmentCount: 1,
      attachmentTypes: ["image/*"],
    };
    const { address } = await inboxWith(limits);
    const receiver = receiverOn();
    expect([await admit(receiver, address, 2001), await admit(receiver, address, 2000)]).toEqual([
      "message.too_large",
      "taken",
    ]);
    const bodies: [string, string][] = [
      [`Content-Type: text/plain\r\n\r\n${"x".repeat(2000)}`, "message.too_large"],
      [withFile("image/png", "x".repeat(51)), "message.too_large"],
      [withFile("text/html"), "attachment.refused"],
      [
        withFile("image/png").replace("--b--", "--b\r\nContent-Type: image/gif\r\n\r\nx\r\n--b--"),
        "attachment.refused",
      ],
      [withFile("image/png"), "taken"],
    ];
    for (const [body, outcome] of bodies)
      expect(await arrive(receiver, [address], mail({ body })), body).toBe(outcome);
    expect(await storedIn(address)).toHaveLength(1);
  });
});
