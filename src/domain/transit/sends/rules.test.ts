import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import {
  attachRules,
  breakRule,
  evaluationsOf,
  makeRule,
  withoutListItems,
} from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Failure } from "../../door/failures.ts";
import type { CreateRule } from "../../guardrails/rules/index.ts";
import { deleteRule, updateRule } from "../../guardrails/rules/index.ts";
import { addListItems, createValueList, removeListItems } from "../../guardrails/value-lists/index.ts";
import { getMessage, listMessages, updateMessage } from "../../mail/messages/index.ts";
import { forwardMessage, replyToMessage, sendMessage } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function tenant() {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  return { pod, inbox };
}
const outgoing = (...to: string[]) => ({ to, text: "Hi.", idempotencyKey: null });
const send = (inbox: string, ...to: string[]) => t.run(t.rootToken, sendMessage, { inbox }, outgoing(...to));
const refused = (inbox: string, ...to: string[]): Promise<Failure> =>
  t.refusal(t.rootToken, sendMessage, { inbox }, outgoing(...to));
const labelsOf = async (inbox: string, messageId: string) =>
  (await t.run(t.rootToken, getMessage, { inbox }, { messageId })).labels;
const stored = async (inbox: string) =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.length;
const to = (value: string | string[], operator = "is"): Partial<CreateRule> => ({
  trigger: "outbound",
  match: { conditions: [{ field: "recipient.domain", operator, value }] },
});

describe("an outbound rule", () => {
  it("that blocks refuses the send, of which nothing is stored but the row of the evaluation", async () => {
    const { pod, inbox } = await tenant();
    const rule = await makeRule(t, to("evil.example"));
    await attachRules(t, pod, [rule]);
    const { code, details } = await refused(inbox, "ann@ok.example", "Bob <Bob@EVIL.example>");
    expect(code).toBe("rule.blocked");
    expect(JSON.stringify(details)).not.toMatch(/evil|Bob/i);
    expect(await stored(inbox)).toBe(0);
    const [row, ...others] = await evaluationsOf(t, inbox);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      messageUuid: null,
      stage: "send",
      from: inbox,
      recipients: ["ann@ok.example", "bob@evil.example"],
      outboundType: "compose",
      applied: ["block"],
      folders: [],
      matchedRuleIds: [rule.id],
    });
    await send(inbox, "ann@ok.example");
    expect((await evaluationsOf(t, inbox)).map(({ applied }) => applied)).toEqual([[], ["block"]]);
  });

  it("attached to a pod is in force there alone; attached to none, in all of the organization", async () => {
    const [one, other] = [await tenant(), await tenant()];
    await send(one.inbox, "a@loose.example");
    const rule = await makeRule(t, to("loose.example"));
    for (const { inbox } of [one, other])
      expect((await refused(inbox, "a@loose.example")).code).toBe("rule.blocked");
    await attachRules(t, other.pod, [rule]);
    await send(one.inbox, "a@loose.example");
    expect((await refused(other.inbox, "a@loose.example")).code).toBe("rule.blocked");
    await t.run(t.rootToken, updateRule, {}, { id: rule.id, enabled: false });
    await send(other.inbox, "a@loose.example");
    await t.run(t.rootToken, updateRule, {}, { id: rule.id, enabled: true });
    expect((await refused(other.inbox, "a@loose.example")).code).toBe("rule.blocked");
    await t.run(t.rootToken, deleteRule, {}, { id: rule.id });
    await send(other.inbox, "a@loose.example");
  });

  it("does to the stored copy what it does not block, and says so in its row", async () => {
    const { pod, inbox } = await tenant();
    const first = await send(inbox, "a@leads.example");
    const label = { messageId: first.messageId, addLabels: ["Leads"], removeLabels: [] };
    await t.run(t.rootToken, updateMessage, { inbox }, label);
    const folders = ["Leads", "Nowhere"].map((value) => ({ type: "assign_to_folder", value }));
    const actions = [...folders, { type: "mark_as_starred" }, { type: "mark_as_read" }];
    const rules = [
      await makeRule(t, { ...to("leads.example"), actions }),
      await makeRule(t, { ...to("spam.example"), actions: [{ type: "mark_as_spam" }] }),
    ];
    await attachRules(t, pod, rules);
    const second = await send(inbox, "a@leads.example");
    expect(await labelsOf(inbox, second.messageId)).toEqual(["sent", "starred", "Leads"]);
    const [row] = await evaluationsOf(t, inbox);
    expect(row).toMatchObject({
      applied: ["mark_as_read", "mark_as_starred"],
      folders: ["Leads"],
      matchedRuleIds: [rules[0]?.id],
    });
    const [newest] = (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items;
    expect(row?.messageUuid).toBe(newest?.id);
    const third = await send(inbox, "a@spam.example");
    expect(await labelsOf(inbox, third.messageId)).toEqual(["sent", "spam"]);
  });

  it("knows an answer from a message that is new", async () => {
    const { pod, inbox } = await tenant();
    await mailInto(t)(inbox, { id: "<asked@x>" });
    const replies: Partial<CreateRule> = {
      trigger: "outbound",
      match: { conditions: [{ field: "outbound.type", operator: "is", value: "reply" }] },
    };
    await attachRules(t, pod, [await makeRule(t, replies)]);
    await send(inbox, "human@outside.test");
    const answer = { messageId: "<asked@x>", text: "x", idempotencyKey: null };
    const at = { inbox };
    const refusals = [
      await t.refusal(t.rootToken, replyToMessage, at, { ...answer, replyAll: false }),
      await t.refusal(t.rootToken, forwardMessage, at, { ...answer, to: ["x@outside.test"] }),
    ];
    expect(refusals.map(({ code }) => code)).toEqual(["rule.blocked", "rule.blocked"]);
  });

  it("asks value lists as they are now", async () => {
    const { pod, inbox } = await tenant();
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" });
    await attachRules(t, pod, [await makeRule(t, to([id], "in_list"))]);
    await send(inbox, "a@listed.example");
    await t.run(t.rootToken, addListItems, {}, { id, items: ["@Listed.example"] });
    expect((await refused(inbox, "b@ok.example", "a@listed.example")).code).toBe("rule.blocked");
    await t.run(t.rootToken, removeListItems, {}, { id, items: ["listed.example"] });
    await send(inbox, "a@listed.example");
  });
});

describe("where the rules cannot be evaluated", () => {
  const failing = async (inbox: string) => {
    for (const idempotencyKey of [null, "k"]) {
      const mail = { ...outgoing("a@ok.example"), idempotencyKey };
      expect((await t.refusal(t.rootToken, sendMessage, { inbox }, mail)).code).toBe(
        "guardrails.unavailable",
      );
    }
    expect(await stored(inbox)).toBe(0);
    const error = { applied: ["block", "evaluation_error"], matchedRuleIds: [] };
    expect(await evaluationsOf(t, inbox)).toMatchObject([error, error]);
  };

  it("because one is broken, nothing is sent", async () => {
    const { pod, inbox } = await tenant();
    const rule = await makeRule(t, to("evil.example"));
    await attachRules(t, pod, [rule]);
    await breakRule(t, rule);
    await failing(inbox);
    const { inbox: neighbour } = await tenant();
    await send(neighbour, "a@ok.example");
  });

  it("because value lists do not answer, nothing is sent", async () => {
    const { pod, inbox } = await tenant();
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" });
    await attachRules(t, pod, [await makeRule(t, to([id], "in_list"))]);
    await withoutListItems(t, () => failing(inbox));
    await send(inbox, "a@ok.example");
  });
});
