/** Lists of threads by a label, at every level and in every scope: of few that have it an index tells, of many the order of time. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { At } from "../../door/targets.ts";
import { MAX_LABELLED } from "../limits.ts";
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

it("a label that more messages have than an index tells of is listed in the order of time, page after page", async () => {
  const many = (await t.seed.inbox(pod)).address;
  await arrive(many, { id: "<copied@x>" });
  // Copies of its rows, as thousands of mails by SMTP take a minute.
  await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    const copy = (table: string, columns: string) =>
      sql.raw(`insert into ${table} select (json_populate_record(row, ${columns})).* from (
        select t as row, n from ${table} as t, generate_series(1, ${MAX_LABELLED + 1}) as n
        where t.inbox_id = (select inbox_id from addresses where address = '${many}')) as copied`);
    const id = (kind: string) => `md5('${kind}' || n)::uuid`;
    await copy(
      "threads",
      `json_build_object('id', ${id("thread")}, 'labels', array['received', 'common'])`,
    ).execute(db);
    await copy(
      "messages",
      `json_build_object('id', ${id("message")}, 'thread_id', ${id("thread")}, 'message_id', '<' || n || '@x>',
        'labels', array['received', 'common'], 'sent_message_id', null)`,
    ).execute(db);
  });
  const page = { ...allThreads.page, size: 1000 };
  const ids = new Set<string>();
  for (let after = page.after; ; ) {
    const listed = await t.run(
      t.rootToken,
      listThreads,
      { inbox: many },
      { ...allThreads, labels: ["common"], page: { ...page, after } },
    );
    for (const { id } of listed.items) ids.add(id);
    if (listed.next === null) break;
    after = listed.next;
  }
  expect(ids.size).toBe(MAX_LABELLED + 1);
});
