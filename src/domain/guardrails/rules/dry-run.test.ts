import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { evaluationsOf, makeRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage, updateMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { addListItems, createValueList } from "../value-lists/index.ts";
import { type DryRun, dryRun, type TrialMatch, type TrialRun } from "./index.ts";

let t: TestDoor;
let pod: string;
let inbox: string;
let other: string;
const since = new Date("2026-01-01T00:00:00Z");
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  inbox = (await t.seed.inbox(pod)).address;
  other = (await t.seed.inbox(pod)).address;
  const arrive = mailInto(t);
  for (const [second, from] of ["a@evil.example", "b@ok.example", "c@evil.example"].entries())
    await arrive(inbox, { id: `<${from}>`, from, second });
  await arrive(other, { id: "<d@evil.example>", from: "d@evil.example" });
});
afterAll(() => t.close());

const evil = {
  match: { conditions: [{ field: "from.domain", operator: "is", value: "evil.example" }] },
  actions: [{ type: "block" }],
};

/** All runs of a trial, as a route does them. */
async function trial(at: { pod?: string; inbox?: string }, asked: DryRun, by = t.rootToken) {
  const matches: TrialMatch[] = [];
  let input = { since, ...asked };
  for (;;) {
    const run: TrialRun = await t.run(by, dryRun, at, input);
    matches.push(...run.matches);
    if (run.end !== null) return { ...run, ids: matches.map(({ message }) => message.messageId), matches };
    input = { ...input, from: run.state };
  }
}

describe("a trial", () => {
  it("says what a rule would have done, newest first, and changes nothing", async () => {
    const { ids, state, end, matches } = await trial({ inbox }, { of: { rule: evil } });
    expect(ids).toEqual(["<c@evil.example>", "<a@evil.example>"]);
    expect([state.judged, state.matched, end]).toEqual([3, 2, "complete"]);
    expect(matches[0]?.done).toEqual({ actions: ["block"], folders: [] });
    expect(await evaluationsOf(t, inbox)).toEqual([]);
    const read = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<a@evil.example>" });
    expect(read.labels).toEqual(["received", "unread"]);
  });

  it("of a rule that is there, also one that is switched off and attached nowhere, goes over a whole pod", async () => {
    const rule = await makeRule(t, { enabled: false, actions: [{ type: "archive" }] });
    const { ids, matches } = await trial({ pod }, { of: { ruleId: rule.id } });
    expect(ids.toSorted()).toEqual(["<a@evil.example>", "<c@evil.example>", "<d@evil.example>"]);
    expect(matches.map(({ done }) => done)).toEqual(
      Array.from({ length: 3 }, () => ({ actions: ["archive"], folders: [] })),
    );
    const { token } = await t.seed.tenant();
    const hidden = await t.refusal(token, dryRun, {}, { of: { ruleId: rule.id }, since });
    expect(hidden.code).toBe("object.not_found");
  });

  it("passes over mail that the key does not see, and mail before its beginning", async () => {
    const { token } = await t.seed.key({ inbox: other }, "guardrail_read", "message_read");
    const all = await trial({}, { of: { rule: evil } }, token);
    expect(all.ids).toEqual(["<d@evil.example>"]);
    const spam = { messageId: "<d@evil.example>", addLabels: ["spam"], removeLabels: [] };
    await t.run(t.rootToken, updateMessage, { inbox: other }, spam);
    expect((await trial({}, { of: { rule: evil } }, token)).state.judged).toBe(0);
    expect((await trial({ inbox }, { of: { rule: evil }, since: new Date() })).state.judged).toBe(0);
  });

  it("of an outbound rule judges what was sent, and asks value lists", async () => {
    await t.run(
      t.rootToken,
      sendMessage,
      { inbox },
      { to: ["x@there.example"], cc: ["y@listed.example"], text: "x", idempotencyKey: null },
    );
    const { id } = await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" });
    await t.run(t.rootToken, addListItems, {}, { id, items: ["listed.example"] });
    const inList = { field: "recipient.domain", operator: "in_list", value: [id] };
    const rule = { trigger: "outbound", match: { conditions: [inList] }, actions: [{ type: "trash" }] };
    const { state, matches } = await trial({ inbox }, { of: { rule } });
    expect([state.judged, state.matched]).toEqual([1, 1]);
    expect(matches[0]?.done).toEqual({ actions: ["trash"], folders: [] });
  });

  it("goes on where the run before ended, over more mail than one run takes", async () => {
    const { address } = await t.seed.inbox(pod);
    const arrive = mailInto(t);
    const ids = Array.from({ length: 520 }, (_, n) => `<n${n}@evil.example>`);
    for (let from = 0; from < ids.length; from += 40)
      await Promise.all(
        ids
          .slice(from, from + 40)
          .map((id, n) => arrive(address, { id, from: "n@evil.example", second: (from + n) % 7 })),
      );
    const first = await t.run(t.rootToken, dryRun, { inbox: address }, { of: { rule: evil }, since });
    expect([first.end, first.state.judged]).toEqual([null, 500]);
    const whole = await trial({ inbox: address }, { of: { rule: evil } });
    expect(whole.ids.toSorted()).toEqual(ids.toSorted());
  });

  it("is refused for what is no rule, for lists that are not there, and for a beginning that is to come", async () => {
    const asked: DryRun[] = [
      { of: { rule: { ...evil, actions: [] } } },
      {
        of: { rule: { ...evil, match: { conditions: [{ field: "subject", operator: "is", value: "x" }] } } },
      },
      { of: { rule: evil }, since: new Date(Date.now() + 60_000) },
    ];
    for (const input of asked)
      expect((await t.refusal(t.rootToken, dryRun, { inbox }, input)).code).toBe("input.invalid");
  });
});
