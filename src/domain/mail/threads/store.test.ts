/** Lists of threads by a label, at every level and in every scope. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { At } from "../../door/targets.ts";
import { updateMessage } from "../messages/index.ts";
import { listThreads } from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
let pod: string;
let inbox: string;
let sibling: string;
let foreign: string;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
  pod = await t.seed.pod();
  [inbox, sibling] = [(await t.seed.inbox(pod)).address, (await t.seed.inbox(pod)).address];
  foreign = (await t.seed.inbox(await t.seed.pod())).address;
  for (const address of [inbox, sibling, foreign])
    for (const name of ["plain", "marked"])
      await arrive(address, { id: `<${name}@x>`, subject: `${name} ${address}` });
  for (const address of [inbox, sibling, foreign]) await change(address, "<marked@x>", ["rare"], []);
});
afterAll(() => t.close());

const change = (at: string, messageId: string, addLabels: string[], removeLabels: string[]) =>
  t.run(t.rootToken, updateMessage, { inbox: at }, { messageId, addLabels, removeLabels });
const subjects = async (by: string, at: At, ...labels: string[]): Promise<string[]> =>
  (await t.run(by, listThreads, at, { ...allThreads, labels })).items
    .map(({ subject }) => subject ?? "")
    .toSorted();
const marked = (...addresses: string[]): string[] =>
  addresses.map((address) => `marked ${address}`).toSorted();

describe("threads by a label that few have", () => {
  it("are found in an inbox, a pod and the organization, and nothing beside them", async () => {
    expect(await subjects(t.rootToken, { inbox }, "rare")).toEqual(marked(inbox));
    expect(await subjects(t.rootToken, { pod }, "rare")).toEqual(marked(inbox, sibling));
    expect(await subjects(t.rootToken, {}, "rare")).toEqual(marked(inbox, sibling, foreign));
    expect(await subjects(t.rootToken, {}, "rare", "received")).toEqual(marked(inbox, sibling, foreign));
    expect(await subjects(t.rootToken, {}, "nobody's")).toEqual([]);
  });

  it("by keys of an inbox and a pod alike", async () => {
    const [ofInbox, ofPod] = [await t.seed.key({ inbox }), await t.seed.key({ pod })];
    expect(await subjects(ofInbox.token, {}, "rare")).toEqual(marked(inbox));
    expect(await subjects(ofPod.token, {}, "rare")).toEqual(marked(inbox, sibling));
    expect(await subjects(ofPod.token, { inbox: sibling }, "rare")).toEqual(marked(sibling));
  });

  it("which takes that one message of the thread has it, and no longer when none has", async () => {
    await arrive(inbox, { id: "<later@x>", inReplyTo: "<plain@x>", second: 5 });
    await change(inbox, "<later@x>", ["passing"], []);
    expect(await subjects(t.rootToken, {}, "passing")).toEqual([`plain ${inbox}`]);
    await change(inbox, "<later@x>", [], ["passing"]);
    expect(await subjects(t.rootToken, {}, "passing")).toEqual([]);
  });

  it("so are unread ones, of which most are read", async () => {
    for (const address of [inbox, sibling, foreign]) await change(address, "<marked@x>", [], ["unread"]);
    const unread = [inbox, sibling, foreign].map((address) => `plain ${address}`);
    expect(await subjects(t.rootToken, { inbox }, "unread")).toEqual(unread.slice(0, 1));
    expect(await subjects(t.rootToken, { pod }, "unread")).toEqual(unread.slice(0, 2).toSorted());
    expect(await subjects(t.rootToken, {}, "unread")).toEqual(unread.toSorted());
    expect(await subjects(t.rootToken, {}, "unread", "rare")).toEqual([]);
  });
});
