/** Trials of policies: the same limits as hold mail on its way, counted over what is tried. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { limit } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { type DryRun, dryRun, type TrialMatch } from "../rules/index.ts";
import { createPolicy, type SetLimits } from "./index.ts";

let t: TestDoor;
let pod: string;
const since = new Date("2026-01-01T00:00:00Z");
const DAY = 86_400;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
});
afterAll(() => t.close());

const newInbox = async (): Promise<string> => (await t.seed.inbox(pod)).address;

async function trial(at: { pod?: string; inbox?: string }, of: DryRun["of"], by = t.rootToken, from = since) {
  const matches: TrialMatch[] = [];
  let input: DryRun = { of, since: from };
  for (;;) {
    const run = await t.run(by, dryRun, at, input);
    matches.push(...run.matches);
    const said = matches.map(({ message, done }) => [
      message.messageId,
      "limit" in done ? `${done.action} ${done.limit}` : "a rule's",
    ]);
    if (run.end !== null) return { said, matches, ...run.state };
    input = { ...input, from: run.state };
  }
}

const under = (inbox: string, limits: Partial<SetLimits>) => trial({ inbox }, { limits });
const said = async (inbox: string, limits: Partial<SetLimits>) => (await under(inbox, limits)).said;

const send = (inbox: string, to: string[], attachments: object[] = []) =>
  t.run(
    t.rootToken,
    sendMessage,
    { inbox },
    { to, text: "x", idempotencyKey: null, ...(attachments.length > 0 && { attachments }) },
  );

describe("of mail that arrived, a trial of a policy", () => {
  it("says what is too large and what has attachments that it does not take, and changes nothing", async () => {
    const inbox = await newInbox();
    const arrive = mailInto(t);
    await arrive(inbox, { id: "<plain@x>", second: 1 });
    const file = { name: "a.pdf", type: "application/pdf", content: "x".repeat(2000) };
    await arrive(inbox, { id: "<file@x>", second: 2, file });
    expect(await said(inbox, { messageBytes: 1500 })).toEqual([["<file@x>", "refuse messageBytes"]]);
    expect(await said(inbox, { attachmentBytes: 1999 })).toEqual([["<file@x>", "refuse attachmentBytes"]]);
    expect(await said(inbox, { attachmentBytes: 2000 })).toEqual([]);
    expect(await said(inbox, { attachmentCount: 0 })).toEqual([["<file@x>", "refuse attachmentCount"]]);
    expect(await said(inbox, { attachmentTypes: ["image/*"] })).toEqual([
      ["<file@x>", "refuse attachmentTypes"],
    ]);
    expect(await said(inbox, { attachmentTypes: ["application/*"] })).toEqual([]);
    const { labels } = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<file@x>" });
    expect(labels).toEqual(["received", "unread"]);
  });

  it("counts the receives of each day anew, oldest first, and no more than one run takes at a time", async () => {
    const inbox = await newInbox();
    const arrive = mailInto(t);
    for (const [id, second] of [
      ["<a1@x>", 10],
      ["<a3@x>", 30],
      ["<a2@x>", 20],
      ["<b1@x>", DAY + 5],
      ["<b2@x>", DAY + 6],
    ] as const)
      await arrive(inbox, { id, second });
    const { said: refused, matches, judged } = await under(inbox, { receivedPerDay: 1 });
    expect(judged).toBe(5);
    expect(refused).toEqual([
      ["<a2@x>", "refuse receivedPerDay"],
      ["<a3@x>", "refuse receivedPerDay"],
      ["<b2@x>", "refuse receivedPerDay"],
    ]);
    expect(matches[0]?.done).toMatchObject({
      why: "Daily receive limit reached: 1 of 1 used, until 2026-01-02T00:00:00.000Z",
    });
    expect(await said(inbox, { receivedPerDay: 3 })).toEqual([]);
  });

  it("goes on with what the runs before have used up, over more mail than one run takes", async () => {
    const inbox = await newInbox();
    const arrive = mailInto(t);
    // More than a run of 500, all of one day; of the next day one.
    const ids = Array.from({ length: 510 }, (_, n) => `<r${n}@x>`);
    for (let from = 0; from < ids.length; from += 34)
      await Promise.all(
        ids.slice(from, from + 34).map((id, n) => arrive(inbox, { id, second: from + n + 1 })),
      );
    await arrive(inbox, { id: "<next@x>", second: DAY + 1 });
    const first = await t.run(
      t.rootToken,
      dryRun,
      { inbox },
      { of: { limits: { receivedPerDay: 505 } }, since },
    );
    expect([first.end, first.state.judged, first.matches]).toEqual([null, 500, []]);
    const whole = await under(inbox, { receivedPerDay: 505 });
    expect(whole.judged).toBe(511);
    expect(whole.said).toEqual(ids.slice(505).map((id) => [id, "refuse receivedPerDay"]));
    const sizes = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<r500@x>" });
    const held = await under(inbox, { storageBytes: sizes.size * 503 });
    expect(held.said.length).toBeGreaterThan(0);
    expect(held.said.every(([, action]) => action === "refuse storageBytes")).toBe(true);
    const [firstFull] = held.said[0] ?? [];
    expect(ids.indexOf(firstFull ?? "")).toBeGreaterThanOrEqual(500);
  });

  it("fills the storage with what came before its beginning too", async () => {
    const inbox = await newInbox();
    const arrive = mailInto(t);
    await arrive(inbox, { id: "<old@x>", second: 0, text: "x".repeat(3000) });
    await arrive(inbox, { id: "<new@x>", second: DAY });
    const from = new Date(since.getTime() + 3_600_000);
    const of = { limits: { storageBytes: 3200 } };
    expect((await trial({ inbox }, of, t.rootToken, from)).said).toEqual([
      ["<new@x>", "refuse storageBytes"],
    ]);
    expect(await said(inbox, { storageBytes: 10_000 })).toEqual([]);
  });

  it("names what its retention would have deleted by now, and nothing that is kept", async () => {
    const inbox = await newInbox();
    await mailInto(t)(inbox, { id: "<kept@x>", second: 1 });
    expect(await said(inbox, { inboxRetentionDays: 1, spamRetentionDays: 0 })).toEqual([]);
    expect(await said(inbox, { inboxRetentionDays: 0, spamRetentionDays: 0 })).toEqual([
      ["<kept@x>", "delete inboxRetentionDays"],
    ]);
  });
});

describe("of mail that was sent, a trial of a policy", () => {
  it("counts each window, recipients and new recipients, and leaves what the inbox has used as it is", async () => {
    const inbox = await newInbox();
    const ids: string[] = [];
    for (const to of [["a@there.example"], ["a@there.example", "b@there.example"], ["c@there.example"]])
      ids.push((await send(inbox, to)).messageId);
    const [first = "", second = "", third = ""] = ids;
    // Not the day: one may end between two of the sends, and the windows do not.
    for (const name of ["sentPerMinute", "sentPerFiveMinutes", "sentPerHour", "sentPerThirtyDays"] as const) {
      expect(await said(inbox, { [name]: 2 }), name).toEqual([[third, `refuse ${name}`]]);
      expect(await said(inbox, { [name]: 3 }), name).toEqual([]);
    }
    expect((await said(inbox, { sentPerDay: 0 })).map(([id]) => id)).toEqual([first, second, third]);
    expect(await said(inbox, { recipientsPerMessage: 1 })).toEqual([[second, "refuse recipientsPerMessage"]]);
    expect((await said(inbox, { newRecipientsPerDay: 0 })).map(([id]) => id)).toEqual([first, second, third]);
    expect(await said(inbox, { newRecipientsPerDay: 2 })).toEqual([[third, "refuse newRecipientsPerDay"]]);
    // The row of counts has the three sends, and no trial.
    await limit(t, pod, { sentPerThirtyDays: 4 });
    await send(inbox, ["a@there.example"]);
  });
});

it("of a policy that is there is one that the key sees; of one that cannot be it is refused", async () => {
  const inbox = await newInbox();
  await mailInto(t)(inbox, { id: "<one@x>", second: 1 });
  const other = await t.run(t.rootToken, createPolicy, {}, { name: "Other", limits: { receivedPerDay: 0 } });
  expect((await trial({ inbox }, { policyId: other.id })).said).toEqual([
    ["<one@x>", "refuse receivedPerDay"],
  ]);
  const { token } = await t.seed.key({ pod }, "guardrail_read", "message_read");
  const hidden = await t.refusal(token, dryRun, { inbox }, { of: { policyId: other.id }, since });
  expect(hidden.code).toBe("object.not_found");
  const attached = await limit(t, pod, { receivedPerDay: 0 });
  expect((await trial({ inbox }, { policyId: attached }, token)).said).toHaveLength(1);
  const bad = await t.refusal(t.rootToken, dryRun, { inbox }, { of: { limits: { sentPerDay: -2 } }, since });
  expect([bad.code, bad.details.path]).toEqual(["input.invalid", ["limits", "sentPerDay"]]);
});
