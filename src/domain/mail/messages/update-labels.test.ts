import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { lockWaits } from "../../../../test/support/lock-waits.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { LabelChange } from "../labels/index.ts";
import { listThreads } from "../threads/index.ts";
import { batchUpdateMessages, getMessage, updateMessage } from "./index.ts";
import { MAX_BATCH_UPDATE } from "./limits.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const unchanged: LabelChange = { addLabels: [], removeLabels: [] };
const update = (inbox: string, messageId: string, change: Partial<LabelChange>) =>
  t.run(t.rootToken, updateMessage, { inbox }, { messageId, ...unchanged, ...change });
const labelsOf = async (inbox: string, messageId: string): Promise<readonly string[]> =>
  (await t.run(t.rootToken, getMessage, { inbox }, { messageId })).labels;

describe("changing the labels of a message", () => {
  it("remove wins over add, repeats change nothing, and the thread shows the union", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<l1@x>", second: 1 });
    await arrive(inbox, { id: "<l2@x>", second: 2, inReplyTo: "<l1@x>" });
    const changed = await update(inbox, "<l1@x>", {
      addLabels: ["a", "b", "a"],
      removeLabels: ["b", "unread", "never-there"],
    });
    expect(changed).toEqual({ messageId: "<l1@x>", labels: ["received", "a"] });
    const { items } = await t.run(t.rootToken, listThreads, { inbox }, allThreads);
    expect(items.map(({ labels }) => labels.toSorted())).toEqual([["a", "received", "unread"]]);
  });

  it.each([
    [
      "a system label to add",
      { addLabels: ["ok", "sent"] },
      ["addLabels", 1],
      "Cannot use system label: sent",
    ],
    [
      "a system label to remove",
      { removeLabels: ["received"] },
      ["removeLabels", 0],
      "Cannot use system label: received",
    ],
    ["an empty label", { addLabels: [""] }, ["addLabels", 0], "A label has 1 to"],
    ["a label with a line break", { addLabels: ["a\r\nb"] }, ["addLabels", 0], "no control characters"],
    ["a label of 257 characters", { addLabels: ["x".repeat(257)] }, ["addLabels", 0], "1 to 256 characters"],
    [
      "more labels than a message may have",
      { addLabels: Array.from({ length: 99 }, (_, n) => `l${n}`) },
      ["addLabels"],
      "100 labels at most",
    ],
    ["neither list", {}, [], "must be specified"],
  ])("refuses %s and changes nothing", async (_what, change, path, message) => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<r@x>" });
    const input = { messageId: "<r@x>", ...unchanged, ...change };
    const refusal = await t.refusal(t.rootToken, updateMessage, { inbox }, input);
    expect(refusal).toMatchObject({ code: "input.invalid", details: { path } });
    expect(refusal.message).toContain(message);
    expect(await labelsOf(inbox, "<r@x>")).toEqual(["received", "unread"]);
  });

  it("two changes of one message at once both count", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<race@x>" });
    const change = (label: string) => update(inbox, "<race@x>", { addLabels: [label] });
    await whileThreadsAreLocked(2, () => Promise.all([change("one"), change("two")]));
    expect(await labelsOf(inbox, "<race@x>")).toEqual(
      expect.arrayContaining(["received", "unread", "one", "two"]),
    );
  });
});

/** Starts `act` while every thread is locked, and lets go when `waiters` of its transactions wait: all have begun by then. */
async function whileThreadsAreLocked<Result>(waiters: number, act: () => Promise<Result>): Promise<Result> {
  const { promise: begun, resolve: begin } = Promise.withResolvers<Promise<Result>>();
  await t.behind(async (tx) => {
    await sql`select from threads for update`.execute(tx.within(systemScope));
    begin(act());
    await eventually(
      "all wait",
      async () => new Set((await lockWaits(tx)).map(({ pid }) => pid)).size === waiters,
    );
  });
  return begun;
}

it("a batch changes all that are there, or none when one would have too many labels", async () => {
  const inbox = await makeInbox();
  for (const id of ["<u1@x>", "<u2@x>"]) await arrive(inbox, { id });
  const messageIds = ["u2@x", "<absent@x>", "<u1@x>"];
  const change = { messageIds, addLabels: ["done"], removeLabels: ["unread"] };
  expect(await t.run(t.rootToken, batchUpdateMessages, { inbox }, change)).toEqual({
    asked: 3,
    items: [
      { messageId: "<u2@x>", labels: ["received", "done"] },
      { messageId: "<u1@x>", labels: ["received", "done"] },
    ],
  });
  await update(inbox, "<u2@x>", { addLabels: Array.from({ length: 98 }, (_, n) => `l${n}`) });
  const refusalOf = (ids: readonly string[], label: string) =>
    t.refusal(
      t.rootToken,
      batchUpdateMessages,
      { inbox },
      { messageIds: ids, addLabels: [label], removeLabels: [] },
    );
  expect(await refusalOf(messageIds, "one-more")).toMatchObject({
    code: "input.invalid",
    details: { path: ["addLabels"] },
  });
  expect(await labelsOf(inbox, "<u1@x>")).toEqual(["received", "done"]);
  const many = Array.from({ length: MAX_BATCH_UPDATE + 1 }, (_, n) => `<${n}@x>`);
  expect(await refusalOf(many, "a")).toMatchObject({
    code: "input.invalid",
    details: { path: ["messageIds"] },
  });
});
