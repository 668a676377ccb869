import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compileRules } from "./compile.ts";
import { evaluate, type Verdict } from "./evaluate.ts";
import { applied, foldersWanted, labelsAfter } from "./placement.ts";
import type { Condition, Rule, RuleAction, Trigger } from "./rule.ts";
import { arrivalFrom, partyOf, type Subject } from "./subject.ts";
import type { IsListed } from "./values.ts";

const at = new Date("2026-01-01T00:00:00Z");
const noList: IsListed = () => false;

interface Said extends Partial<Omit<Rule, "match">> {
  readonly any?: readonly Condition[];
  readonly all?: readonly Condition[];
}

const rule = ({ any, all, ...said }: Said): Rule => ({
  id: randomUUID(),
  organizationId: "o",
  name: "R",
  description: null,
  priority: 10,
  enabled: true,
  trigger: "inbound",
  match: { operator: any === undefined ? "all" : "any", conditions: any ?? all ?? [] },
  actions: [{ type: "block" }],
  createdAt: at,
  updatedAt: at,
  ...said,
});
const when = (field: Condition["field"], operator: Condition["operator"], value: Condition["value"]) => ({
  field,
  operator,
  value,
});
const judge = (
  rules: readonly Rule[],
  subject: Subject,
  isListed = noList,
  trigger: Trigger = "inbound",
): Verdict => evaluate(compileRules(rules, trigger), subject, isListed);
const matches = (condition: Condition, subject: Subject, isListed = noList): boolean =>
  judge([rule({ all: [condition], trigger: "outbound" })], subject, isListed, "outbound").blocked;
const from = (address: string | null) => arrivalFrom(address);
const sendTo = (...addresses: string[]): Subject => ({
  from: partyOf("agent@ours.example"),
  recipients: addresses.map(partyOf),
  outboundType: "compose",
});
const everyone = when("from.tld", "is_not", "none");
const doing = (...actions: RuleAction[]) => rule({ all: [everyone], actions });

describe("a condition", () => {
  it("compares both sides in one form: case, script, and what people write in front of a domain", () => {
    const ann = from("Ann.B@Mail.BÜCHER.Example");
    expect(matches(when("from.address", "is", " ann.b@mail.bücher.example "), ann)).toBe(true);
    expect(matches(when("from.domain", "is", "@mail.xn--bcher-kva.example"), ann)).toBe(true);
    expect(matches(when("from.domain", "is", "xn--bcher-kva.example"), ann)).toBe(false);
    expect(matches(when("from.tld", "is", ".EXAMPLE"), ann)).toBe(true);
    expect(matches(when("from.tld", "is", "co.uk"), from("a@b.co.uk"))).toBe(false);
    expect(matches(when("from.tld", "is", "uk"), from("a@b.co.uk"))).toBe(true);
    expect(matches(when("from.address", "is", "a@b.example"), from("a+tag@b.example"))).toBe(false);
  });

  it("takes a value for what it says, never for a pattern", () => {
    const evil = from("x@evil.example");
    for (const value of [
      ".*",
      "^x@evil\\.example$",
      "*@evil.example",
      "%",
      "_@evil.example",
      "x@evil?example",
    ])
      for (const operator of ["is", "contains"] as const)
        expect(matches(when("from.address", operator, value), evil)).toBe(false);
    expect(matches(when("from.address", "contains", ".*"), from("a.*b@x.example"))).toBe(true);
    expect(matches(when("from.address", "contains", "@evil"), evil)).toBe(true);
    expect(matches(when("from.domain", "contains", ".ex"), evil)).toBe(true);
    expect(matches(when("from.domain", "contains", ".evil"), evil)).toBe(false);
    expect(matches(when("from.domain", "contains", "bücher"), from("a@bücher.example"))).toBe(true);
  });

  it("on recipients holds when any of them fits, and with is_not when none does", () => {
    const two = sendTo("ann@there.example", "bob@else.test");
    expect(matches(when("recipient.domain", "is", "else.test"), two)).toBe(true);
    expect(matches(when("recipient.domain", "is_not", "else.test"), two)).toBe(false);
    expect(matches(when("recipient.address", "is_not", "cid@there.example"), two)).toBe(true);
    expect(matches(when("recipient.tld", "contains", "tes"), two)).toBe(true);
    expect(matches(when("outbound.type", "is", "Compose"), two)).toBe(true);
    expect(matches(when("outbound.type", "is_not", "reply"), two)).toBe(true);
  });

  it("on a sender that is not named holds with is_not alone", () => {
    expect(matches(when("from.address", "is", "a@b.example"), from(null))).toBe(false);
    expect(matches(when("from.address", "contains", "a"), from(null))).toBe(false);
    expect(matches(when("from.domain", "in_list", ["l"]), from(null), () => true)).toBe(false);
    expect(matches(when("from.domain", "is_not", "b.example"), from(null))).toBe(true);
  });

  it("asks value lists for the field's own value, any of several", () => {
    const isListed: IsListed = (list, value) => list === "two" && value === "b.example";
    expect(matches(when("from.domain", "in_list", ["one", "two"]), from("a@B.example"), isListed)).toBe(true);
    expect(matches(when("from.domain", "in_list", "one"), from("a@b.example"), isListed)).toBe(false);
    expect(matches(when("from.address", "in_list", "two"), from("a@b.example"), isListed)).toBe(false);
    const { lists } = compileRules(
      [rule({ all: [when("from.domain", "in_list", ["one", "two"]), when("from.tld", "in_list", "one")] })],
      "inbound",
    );
    expect(lists.map(({ listId, field }) => [listId, field])).toEqual([
      ["one", "from.domain"],
      ["two", "from.domain"],
      ["one", "from.tld"],
    ]);
  });
});

describe("rules", () => {
  it("match with all of their conditions, or with any", () => {
    const conditions = [when("from.tld", "is", "com"), when("from.domain", "is", "a.example")];
    const subject = from("x@a.example");
    expect(judge([rule({ all: conditions })], subject).blocked).toBe(false);
    expect(judge([rule({ any: conditions })], subject).blocked).toBe(true);
  });

  it("are looked at in the order of priority, then of age, then of id; one that blocks ends it", () => {
    const mark = [{ type: "mark_as_read" as const }];
    const older = new Date(at.getTime() - 1);
    const rules = [
      rule({ id: "d", all: [everyone], priority: 11 }),
      rule({ id: "c", all: [everyone], actions: mark }),
      rule({ id: "b", all: [everyone], actions: mark }),
      rule({ id: "z", all: [everyone], actions: mark, createdAt: older }),
      rule({ id: "y", all: [everyone], actions: mark, priority: 0 }),
      rule({ id: "e", all: [everyone], priority: 12 }),
      rule({ id: "off", all: [everyone], priority: 0, enabled: false }),
      rule({ id: "sends", all: [everyone], priority: 0, trigger: "outbound" }),
    ];
    const verdict = judge(rules, from("a@b.example"));
    expect(verdict).toEqual({ blocked: true, matched: ["y", "z", "b", "c", "d"], actions: [] });
    expect(applied(verdict, () => true)).toEqual({ actions: ["block"], folders: [] });
  });

  it("that match all apply, each action once", () => {
    const verdict = judge(
      [doing({ type: "mark_as_read" }), doing({ type: "mark_as_read" }, { type: "mark_as_starred" })],
      from("a@b.example"),
    );
    expect(verdict.matched).toHaveLength(2);
    expect(applied(verdict, () => true).actions).toEqual(["mark_as_read", "mark_as_starred"]);
  });
});

describe("what is done", () => {
  const received = ["received", "unread"];
  const done = (...actions: RuleAction[]) => applied({ blocked: false, matched: [], actions }, () => true);
  const into = (value: string): RuleAction => ({ type: "assign_to_folder", value });

  it("is in one place: trash before junk before the archive before folders; flags add up", () => {
    const folder = into("Leads");
    expect(done(folder, { type: "archive" }, { type: "mark_as_spam" }, { type: "trash" })).toEqual({
      actions: ["trash"],
      folders: [],
    });
    expect(done(folder, { type: "archive" }, { type: "mark_as_spam" }).actions).toEqual(["mark_as_spam"]);
    expect(done(folder, { type: "archive" }, { type: "mark_as_starred" }).actions).toEqual([
      "archive",
      "mark_as_starred",
    ]);
    expect(done(folder, into("Other"), folder, { type: "mark_as_read" })).toEqual({
      actions: ["mark_as_read"],
      folders: ["Leads", "Other"],
    });
  });

  it("takes names of the system's folders in any case, and knows no folder by the name of another label", () => {
    expect(done(into("TRASH"))).toEqual({ actions: ["trash"], folders: [] });
    expect(done(into("junk"))).toEqual({ actions: ["mark_as_spam"], folders: [] });
    expect(done(into("Archive"))).toEqual({ actions: ["archive"], folders: [] });
    for (const name of ["Inbox", "Sent", "Drafts", "received", "unread", "blocked", "captured"])
      expect(done(into(name))).toEqual({ actions: [], folders: [] });
  });

  it("passes over a folder that is not there, and looks for none where a place of the system wins", () => {
    const verdict = { blocked: false, matched: [], actions: [into("Leads"), into("Gone")] };
    expect(foldersWanted(verdict)).toEqual(["Leads", "Gone"]);
    expect(applied(verdict, (name) => name === "Leads").folders).toEqual(["Leads"]);
    expect(foldersWanted({ ...verdict, actions: [...verdict.actions, { type: "trash" }] })).toEqual([]);
  });

  it("shows in labels", () => {
    expect(labelsAfter(received, done({ type: "mark_as_spam" }))).toEqual([...received, "spam"]);
    expect(labelsAfter(received, done({ type: "trash" }, { type: "mark_as_read" }))).toEqual([
      "received",
      "trash",
    ]);
    expect(labelsAfter(received, done({ type: "mark_as_starred" }, into("Leads")))).toEqual([
      ...received,
      "starred",
      "Leads",
    ]);
    const full = Array.from({ length: 100 }, (_, n) => `l${n}`);
    expect(labelsAfter(full, done(into("Leads")))).toEqual(full);
    expect(labelsAfter(full, done({ type: "mark_as_spam" }))).toEqual([...full, "spam"]);
  });
});
