import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allMessages } from "../../../../test/support/lists.ts";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { hardlyLimited } from "../../../../test/support/mail-limits.ts";
import {
  attachRules,
  breakRule,
  evaluationsOf,
  makeRule,
  withoutListItems,
} from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { Failure } from "../../door/failures.ts";
import { createListEntry } from "../../guardrails/lists/index.ts";
import { createLimitsInForce } from "../../guardrails/policies/index.ts";
import { type CreateRule, type Rule, updateRule } from "../../guardrails/rules/index.ts";
import { addListItems, createValueList } from "../../guardrails/value-lists/index.ts";
import { listMessages } from "../../mail/messages/index.ts";
import { createReceiver, type Receiver } from "./index.ts";
import { MAX_EARLY_VERDICT_MS } from "./limits.ts";
import type { Recipient } from "./receiver.ts";

let t: TestDoor;
let receiver: Receiver;
beforeAll(async () => {
  t = await openTestDoor();
  receiver = createReceiver({
    turns: openLoopTurns(),
    database: t.database,
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
    mimeCodec: inProcessCodec,
    limitsInForce: createLimitsInForce(hardlyLimited),
  });
});
afterAll(() => t.close());

async function tenant(...rules: readonly Rule[]) {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  await attachRules(t, pod, rules);
  return { pod, inbox };
}

interface Mail {
  readonly id: string;
  readonly from?: string | null;
  /** Also the header's sender when that is left out. */
  readonly envelope: string;
}

/** As SMTP does: the recipients one after the other, then the mail for those that were admitted. */
async function arrive(inboxes: readonly string[], mail: Mail) {
  return receive(await admit(inboxes, mail.envelope), mail, new Date());
}

async function admit(inboxes: readonly string[], envelopeFrom: string): Promise<readonly Recipient[]> {
  const recipients = [];
  for (const address of inboxes) {
    const recipient = await receiver.resolve(address, envelopeFrom);
    if (recipient === null) throw new Error(`no inbox ${address}`);
    recipients.push(await receiver.admit(recipient, { envelopeFrom, sizeBytes: null }));
  }
  return recipients;
}

function receive(recipients: readonly Recipient[], { id, from, envelope }: Mail, receivedAt: Date) {
  const header = from === null ? "" : `From: ${from ?? envelope}\r\n`;
  return receiver.receive({
    raw: Buffer.from(`${header}Message-ID: <${id}@x>\r\n\r\nHi.\r\n`),
    trace: "",
    recipients,
    envelopeFrom: envelope,
    receivedAt,
  });
}

async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return "stored";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

const everything = { spam: true, blocked: true, trash: true, unauthenticated: true };
const messagesIn = async (inbox: string) =>
  (await t.run(t.rootToken, listMessages, { inbox }, { ...allMessages, included: everything })).items;
const labelsIn = async (inbox: string) => (await messagesIn(inbox)).map(({ labels }) => labels);
const doing = (...actions: NonNullable<CreateRule["actions"]>): Partial<CreateRule> => ({ actions });
const from = (value: string): Partial<CreateRule> => ({
  match: { conditions: [{ field: "from.domain", operator: "is", value }] },
});

describe("an inbound rule", () => {
  it("blocks at RCPT by the envelope's sender: nothing is read, and the row is there at once", async () => {
    const rule = await makeRule(t);
    const { inbox } = await tenant(rule);
    expect(await codeOf(arrive([inbox], { id: "a", envelope: "X@Evil.example" }))).toBe("rule.blocked");
    expect(await messagesIn(inbox)).toEqual([]);
    expect(await evaluationsOf(t, inbox)).toMatchObject([
      {
        stage: "rcpt",
        messageUuid: null,
        from: "x@evil.example",
        recipients: null,
        applied: ["block"],
        matchedRuleIds: [rule.id],
      },
    ]);
  });

  it("blocks after DATA by the sender in the header, however the envelope reads", async () => {
    const rule = await makeRule(t);
    const { inbox } = await tenant(rule);
    const forged = { id: "b", envelope: "bounces@carrier.example", from: "Boss <ceo@EVIL.example>" };
    expect(await codeOf(arrive([inbox], forged))).toBe("rule.blocked");
    const bounce = { id: "c", envelope: "", from: "x@evil.example" };
    expect(await codeOf(arrive([inbox], bounce))).toBe("rule.blocked");
    expect(await messagesIn(inbox)).toEqual([]);
    const trail = await evaluationsOf(t, inbox);
    expect(trail.map(({ stage, applied }) => [stage, ...applied])).toEqual([
      ["arrival", "block"],
      ["arrival", "block"],
      ["rcpt"],
    ]);
    expect(await codeOf(arrive([inbox], { id: "d", envelope: "ann@ok.example" }))).toBe("stored");
  });

  it("that names who is not to be a stranger lets bounces be judged by their header", async () => {
    const isNot = {
      match: { conditions: [{ field: "from.domain", operator: "is_not", value: "ok.example" }] },
    };
    const { inbox } = await tenant(await makeRule(t, isNot));
    const bounce = { id: "e", envelope: "", from: "mailer-daemon@ok.example" };
    expect(await codeOf(arrive([inbox], bounce))).toBe("stored");
    expect(await codeOf(arrive([inbox], { id: "f", envelope: "", from: null }))).toBe("rule.blocked");
  });

  it("attached nowhere, or switched off, is in force nowhere", async () => {
    const rule = await makeRule(t);
    const [free, held] = [await tenant(), await tenant(rule)];
    const evil = (id: string) => ({ id, envelope: "x@evil.example" });
    expect(await codeOf(arrive([free.inbox], evil("g")))).toBe("stored");
    expect(await evaluationsOf(t, free.inbox)).toEqual([]);
    expect(await codeOf(arrive([held.inbox], evil("h")))).toBe("rule.blocked");
    await t.run(t.rootToken, updateRule, {}, { id: rule.id, enabled: false });
    expect(await codeOf(arrive([held.inbox], evil("i")))).toBe("stored");
    // Not one rule was looked at.
    expect(await evaluationsOf(t, held.inbox)).toHaveLength(1);
  });

  it("places and marks what it does not block, and leaves a row with the message's id", async () => {
    const spam = await makeRule(t, { ...from("spam.example"), ...doing({ type: "mark_as_spam" }) });
    const read = await makeRule(t, {
      ...from("news.example"),
      ...doing({ type: "mark_as_read" }, { type: "archive" }, { type: "mark_as_starred" }),
    });
    const { inbox } = await tenant(spam, read);
    await arrive([inbox], { id: "j", envelope: "a@news.example" });
    await arrive([inbox], { id: "k", envelope: "a@spam.example" });
    await arrive([inbox], { id: "l", envelope: "a@ok.example" });
    const messages = await messagesIn(inbox);
    const labels = new Map(messages.map((message) => [message.messageId, message.labels]));
    expect(labels.get("<j@x>")).toEqual(["received", "archive", "starred"]);
    expect(labels.get("<k@x>")).toEqual(["received", "unread", "spam"]);
    expect(labels.get("<l@x>")).toEqual(["received", "unread"]);
    // None of them blocks, so that there was nothing to ask at RCPT.
    const trail = await evaluationsOf(t, inbox);
    expect(trail.map(({ stage, applied, matchedRuleIds }) => [stage, ...applied, ...matchedRuleIds])).toEqual(
      [
        ["arrival"],
        ["arrival", "mark_as_spam", spam.id],
        ["arrival", "archive", "mark_as_read", "mark_as_starred", read.id],
      ],
    );
    expect(trail.map(({ messageUuid }) => messageUuid)).toEqual(
      ["<l@x>", "<k@x>", "<j@x>"].map((id) => messages.find(({ messageId }) => messageId === id)?.id),
    );
    const { rows } = await t.behind((tx) =>
      sql<{ type: string }>`select type from events where message_uuid = ${trail[1]?.messageUuid}`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows).toEqual([{ type: "message.received.spam" }]);
  });

  it("finds the folder that it assigns to among the labels of the inbox, and skips it elsewhere", async () => {
    const rule = await makeRule(t, {
      ...from("leads.example"),
      ...doing({ type: "assign_to_folder", value: "Leads" }),
    });
    const [has, hasNot] = [await tenant(rule), await tenant(rule)];
    await arrive([has.inbox], { id: "m", envelope: "a@ok.example" });
    const message = (await messagesIn(has.inbox))[0];
    await t.behind((tx) =>
      sql`update threads set labels = labels || array['Leads'] where id = ${message?.threadId}`.execute(
        tx.within(systemScope),
      ),
    );
    await arrive([has.inbox, hasNot.inbox], { id: "n", envelope: "a@leads.example" });
    expect(await labelsIn(has.inbox)).toContainEqual(["received", "unread", "Leads"]);
    expect(await labelsIn(hasNot.inbox)).toEqual([["received", "unread"]]);
    expect((await evaluationsOf(t, has.inbox))[0]?.folders).toEqual(["Leads"]);
    expect((await evaluationsOf(t, hasNot.inbox))[0]).toMatchObject({
      folders: [],
      matchedRuleIds: [rule.id],
    });
  });

  it("asks value lists as they are now, for a group as for one", async () => {
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "address" });
    const inList = { match: { conditions: [{ field: "from.address", operator: "in_list", value: id }] } };
    const { inbox } = await tenant(await makeRule(t, inList));
    const names = Array.from({ length: 20 }, (_, n) => `n${n}`);
    const all = () =>
      Promise.all(names.map((name) => codeOf(arrive([inbox], { id: name, envelope: `${name}@l.example` }))));
    await t.run(t.rootToken, addListItems, {}, { id, items: ["N3@l.example", "n7@l.example"] });
    const answers = await all();
    expect(names.filter((_, index) => answers[index] === "rule.blocked")).toEqual(["n3", "n7"]);
    expect(await messagesIn(inbox)).toHaveLength(18);
    // Again: what is stored already is not evaluated again.
    await all();
    expect(await messagesIn(inbox)).toHaveLength(18);
    const stored = (await evaluationsOf(t, inbox)).filter(({ messageUuid }) => messageUuid !== null);
    expect(stored).toHaveLength(18);
  });

  it("leaves one row where header and envelope name the same sender, which holds what all rules made of it", async () => {
    const read = await makeRule(t, { ...from("two.example"), ...doing({ type: "mark_as_read" }) });
    const { inbox } = await tenant(await makeRule(t), read);
    const mail = { id: "t", envelope: "ann@Two.example", from: "Ann <ANN@two.example>" };
    await arrive([inbox], mail);
    const trail = await evaluationsOf(t, inbox);
    expect(trail.map(({ stage, applied, matchedRuleIds }) => [stage, ...applied, ...matchedRuleIds])).toEqual(
      [["arrival", "mark_as_read", read.id]],
    );
    await arrive([inbox], { ...mail, id: "u", from: "bob@two.example" });
    expect((await evaluationsOf(t, inbox)).map(({ stage, from: name }) => [stage, name])).toEqual([
      ["arrival", "bob@two.example"],
      ["rcpt", "ann@two.example"],
      ["arrival", "ann@two.example"],
    ]);
  });

  it("asks lists once from RCPT to DATA, and again for a mail that took its time", async () => {
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "address" });
    const inList = { match: { conditions: [{ field: "from.address", operator: "in_list", value: id }] } };
    const { inbox } = await tenant(await makeRule(t, inList));
    const admitted = await admit([inbox], "late@l.example");
    await t.run(t.rootToken, addListItems, {}, { id, items: ["late@l.example"] });
    const mail = (name: string) => ({ id: name, envelope: "late@l.example" });
    expect(await codeOf(receive(admitted, mail("v"), new Date()))).toBe("stored");
    const late = new Date(Date.now() + MAX_EARLY_VERDICT_MS + 1000);
    expect(await codeOf(receive(admitted, mail("w"), late))).toBe("rule.blocked");
    expect((await evaluationsOf(t, inbox)).map(({ stage, applied }) => [stage, ...applied])).toEqual([
      ["arrival", "block"],
      ["arrival"],
    ]);
  });

  it("asks, with the look-up of the recipient, the lists of the rules that are in force then", async () => {
    const list = async (item: string): Promise<string> => {
      const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" });
      await t.run(t.rootToken, addListItems, {}, { id, items: [item] });
      return id;
    };
    const [first, second] = [await list("first.example"), await list("second.example")];
    const inList = (value: string): Partial<CreateRule> => ({
      match: { conditions: [{ field: "from.domain", operator: "in_list", value: [value] }] },
    });
    const rule = await makeRule(t, inList(first));
    const { inbox } = await tenant(rule);
    const tagged = inbox.replace("@", "+tag@");
    const outcomes = async (name: string): Promise<string[]> => {
      const codes: string[] = [];
      for (const sender of ["first", "second", "third"])
        for (const address of [inbox, tagged])
          codes.push(
            await codeOf(
              arrive([address], { id: `${name}${sender}${address}`, envelope: `x@${sender}.example` }),
            ),
          );
      return codes;
    };
    const [blocked, stored] = ["rule.blocked", "stored"];
    expect(await outcomes("aa")).toEqual([blocked, blocked, stored, stored, stored, stored]);
    await t.run(t.rootToken, addListItems, {}, { id: first, items: ["third.example"] });
    expect(await outcomes("ab")).toEqual([blocked, blocked, stored, stored, blocked, blocked]);
    await t.run(t.rootToken, updateRule, {}, { id: rule.id, ...inList(second) });
    expect(await outcomes("ac")).toEqual([stored, stored, blocked, blocked, stored, stored]);
  });

  it("refuses at RCPT, with its row, while lists that were asked with the look-up before cannot be asked", async () => {
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" });
    const [free, held] = [
      await tenant(),
      await tenant(
        await makeRule(t, {
          match: { conditions: [{ field: "from.domain", operator: "in_list", value: [id] }] },
        }),
      ),
    ];
    const mail = { id: "ad", envelope: "x@ok.example" };
    expect(await codeOf(arrive([held.inbox], mail))).toBe("stored");
    await withoutListItems(t, async () => {
      const again = { ...mail, id: "ae" };
      expect(
        await Promise.all([free.inbox, held.inbox].map((inbox) => codeOf(arrive([inbox], again)))),
      ).toEqual(["stored", "guardrails.unavailable"]);
    });
    expect((await evaluationsOf(t, held.inbox))[0]).toMatchObject({
      stage: "rcpt",
      applied: ["block", "evaluation_error"],
    });
  });

  it("comes behind what lists refuse, which stays blocked", async () => {
    const { inbox } = await tenant(
      await makeRule(t, { ...from("b.example"), ...doing({ type: "archive" }) }),
    );
    const entry = { direction: "receive", listType: "block", entry: "b.example" };
    await t.run(t.rootToken, createListEntry, { inbox }, entry);
    await arrive([inbox], { id: "o", envelope: "a@b.example" });
    expect(await labelsIn(inbox)).toEqual([["received", "unread", "blocked", "archive"]]);
  });
});

describe("mail for several inboxes", () => {
  it("is left out where a rule blocks it, and stored where none does", async () => {
    const rule = await makeRule(t);
    const [free, held] = [await tenant(), await tenant(rule)];
    const mail = { id: "p", envelope: "x@carrier.example", from: "x@evil.example" };
    const { stored, refused } = await arrive([free.inbox, held.inbox], mail);
    expect([stored.size, refused.size]).toEqual([1, 1]);
    expect(await messagesIn(free.inbox)).toHaveLength(1);
    expect(await messagesIn(held.inbox)).toEqual([]);
    expect((await evaluationsOf(t, held.inbox))[0]).toMatchObject({ stage: "arrival", applied: ["block"] });
  });

  it("is stored nowhere while the rules of one cannot be evaluated, and everywhere when it comes again", async () => {
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" });
    const inList = {
      match: { conditions: [{ field: "from.domain", operator: "in_list", value: [id] }] },
      ...doing({ type: "trash" }),
    };
    const [free, held] = [await tenant(), await tenant(await makeRule(t, inList))];
    const mail = { id: "q", envelope: "x@ok.example" };
    await withoutListItems(t, async () => {
      expect(await codeOf(arrive([free.inbox, held.inbox], mail))).toBe("guardrails.unavailable");
      // Its neighbours in the group are not held up.
      expect(await codeOf(arrive([free.inbox], { id: "r", envelope: "x@ok.example" }))).toBe("stored");
    });
    expect((await evaluationsOf(t, held.inbox))[0]).toMatchObject({
      stage: "arrival",
      messageUuid: null,
      applied: ["block", "evaluation_error"],
    });
    expect(await messagesIn(free.inbox)).toHaveLength(1);
    expect(await codeOf(arrive([free.inbox, held.inbox], mail))).toBe("stored");
    expect(await messagesIn(free.inbox)).toHaveLength(2);
    expect(await messagesIn(held.inbox)).toHaveLength(1);
  });

  it("a rule that is broken refuses its own pod's at RCPT, and nobody else's", async () => {
    const rule = await makeRule(t, doing({ type: "trash" }));
    const [free, held] = [await tenant(), await tenant(rule)];
    await breakRule(t, rule);
    await attachRules(t, held.pod, [rule]);
    const mail = { id: "s", envelope: "x@ok.example" };
    expect(await codeOf(arrive([held.inbox], mail))).toBe("guardrails.unavailable");
    expect(await codeOf(arrive([held.inbox], { ...mail, envelope: "", from: "x@ok.example" }))).toBe(
      "guardrails.unavailable",
    );
    const trail = await evaluationsOf(t, held.inbox);
    expect(trail.map(({ stage, applied }) => [stage, ...applied])).toEqual([
      ["arrival", "block", "evaluation_error"],
      ["rcpt", "block", "evaluation_error"],
    ]);
    expect(await codeOf(arrive([free.inbox], mail))).toBe("stored");
  });
});
