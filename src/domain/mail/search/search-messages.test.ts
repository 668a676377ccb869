/** Searches of mail through the door: what is found, in which order, by whom, before and after it is indexed. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { beforeAndAfterIndexing, everything, indexAll } from "../../../../test/support/search.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { Page } from "../../door/cursor.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { assignInboxes } from "../../tenancy/moves/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { deleteMessage, updateMessage } from "../messages/index.ts";
import {
  type FoundMessage,
  indexTurn,
  queueMissedMail,
  type SearchMail,
  searchMessages,
  searchThreads,
} from "./index.ts";
import { MAX_RANKED_HITS } from "./limits.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const search = (inbox: string, asked: Partial<SearchMail>, by = t.rootToken): Promise<Page<FoundMessage>> =>
  t.run(by, searchMessages, { inbox }, { ...everything, ...asked });
const found = async (inbox: string, query: string, by = t.rootToken): Promise<string[]> =>
  (await search(inbox, { query }, by)).items.map(({ message }) => message.messageId);

const index = () => indexAll(t);
const either = (check: () => Promise<void>) => beforeAndAfterIndexing(t, check);

const queries: readonly (readonly [query: string, ids: readonly string[]])[] = [
  ["invoice", ["<1@x>", "<2@x>"]],
  ["INVOICE", ["<1@x>", "<2@x>"]],
  ["invoice july", ["<1@x>"]],
  ['"july invoice"', ["<1@x>"]],
  ['"invoice july"', []],
  ["july OR august", ["<1@x>", "<2@x>"]],
  ["invoice -july", ["<2@x>"]],
  ['invoice -"july invoice"', ["<2@x>"]],
  ["inv*", ["<1@x>", "<2@x>"]],
  ["inv", []],
  ["cafe", ["<3@x>"]],
  ["CAFÉ", ["<3@x>"]],
  ["ann@acme.test", ["<1@x>"]],
  ["acme", ["<1@x>"]],
  ["contract.pdf", ["<4@x>"]],
  ["Straße", ["<3@x>"]],
  ["STRASSE", ["<3@x>"]],
  ['"der strasse 5"', ["<3@x>"]],
  ["strass*", ["<3@x>"]],
  ["東京", ["<5@x>"]],
  ["京都", ["<5@x>"]],
  ["東都", []],
  ["京", ["<5@x>"]],
  ["서울", ["<5@x>"]],
  ["привет", ["<5@x>"]],
  ["quoted", []],
  ["- OR AND", []],
  ["() & | ! <-> :* \\ '", []],
  ["'; drop table messages", []],
  ["OR invoice OR", ["<1@x>", "<2@x>"]],
  ['"unclosed july invoice', []],
  ['"july invoice', ["<1@x>"]],
  ["\u0000invoice\ud800", ["<1@x>", "<2@x>"]],
];

it("finds words, phrases, alternatives and beginnings in every searched part, before it is indexed and after", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, {
    id: "<1@x>",
    second: 1,
    subject: "Your July invoice",
    from: "Ann <ann@acme.test>",
    text: "x",
  });
  await arrive(inbox, {
    id: "<2@x>",
    second: 2,
    subject: "August",
    text: "The invoice.\r\n\r\nOn Monday Bob wrote:\r\n> quoted history\r\n",
  });
  await arrive(inbox, { id: "<3@x>", second: 3, subject: "Ort", text: "Café in der Straße 5" });
  const file = { name: "contract.pdf", type: "application/pdf", content: "x" };
  await arrive(inbox, { id: "<4@x>", second: 4, subject: "Files", file });
  await arrive(inbox, { id: "<5@x>", second: 5, subject: "Travel", text: "東京都に行く。 서울에서 Привет" });
  await either(async () => {
    for (const [query, ids] of queries) expect((await found(inbox, query)).toSorted(), query).toEqual(ids);
  });
});

it("finds words that an earlier version indexed with letters which are spelled in others now", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<1@x>", subject: "Straße 5 in Łódź" });
  await index();
  await t.database.transaction(systemScope, async (tx) => {
    const former = sql`(words::text || ' ''straße'':1A ''łodz'':4A')::tsvector`;
    await sql`update message_search set words = ts_delete(ts_delete(${former}, 'strasse'), 'lodz')`.execute(
      tx.within(systemScope),
    );
  });
  for (const query of ["straße", '"STRASSE 5" OR "Straße 5"', "stra*", "Łódź", '"in łódź"'])
    expect(await found(inbox, query), query).toEqual(["<1@x>"]);
});

it("takes ten kilobytes of operators, words or quotes", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<1@x>", text: "word" });
  await either(async () => {
    for (const unit of ["- ", "OR ", '"', "(", "!", "& ", "| ", "*", "-", "\\", "'", "<-> "])
      expect(await found(inbox, unit.repeat(10_240 / unit.length)), unit).toEqual([]);
    expect(await found(inbox, "word ".repeat(2048))).toEqual(["<1@x>"]);
    expect(await found(inbox, "word OR ".repeat(1280))).toEqual(["<1@x>"]);
    expect(await found(inbox, "x".repeat(10_240))).toEqual([]);
  });
});

it("puts what is in the subject before what is in the text, and shows where it was found", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, {
    id: "<text@x>",
    second: 2,
    subject: "Other",
    text: "A long text that has giraffe in it.",
  });
  await arrive(inbox, { id: "<subject@x>", second: 1, subject: "Giraffe for you", text: "Nothing." });
  await either(async () => {
    const { items } = await search(inbox, { query: "giraffe" });
    expect(items.map(({ message }) => message.messageId)).toEqual(["<subject@x>", "<text@x>"]);
    expect(items.map(({ highlights }) => highlights)).toEqual([
      { from: [], recipients: [], subject: ["**Giraffe** for you"], text: [] },
      { from: [], recipients: [], subject: [], text: ["A long text that has **giraffe** in it."] },
    ]);
    const byTime = await search(inbox, { query: "giraffe", order: "timestamp" });
    expect(byTime.items.map(({ message }) => message.messageId)).toEqual(["<text@x>", "<subject@x>"]);
  });
});

it.each(["spam", "blocked", "unauthenticated", "trash"])(
  "finds nothing labelled %s, and finds it again without the label",
  async (label) => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<1@x>", text: "secretword" });
    const relabel = (change: { addLabels: string[]; removeLabels: string[] }) =>
      t.run(t.rootToken, updateMessage, { inbox }, { messageId: "<1@x>", ...change });
    const threads = async () =>
      (await t.run(t.rootToken, searchThreads, { inbox }, { ...everything, query: "secretword" })).items
        .length;
    await either(async () => {
      await relabel({ addLabels: [label], removeLabels: [] });
      expect([await found(inbox, "secretword"), await threads()]).toEqual([[], 0]);
      await relabel({ addLabels: [], removeLabels: [label] });
      expect([await found(inbox, "secretword"), await threads()]).toEqual([["<1@x>"], 1]);
    });
  },
);

it("finds what was sent, and forgets what was deleted", async () => {
  const inbox = await makeInbox();
  const { messageId } = await t.run(
    t.rootToken,
    sendMessage,
    { inbox },
    {
      to: ["x@outside.test"],
      subject: "Zebra crossing",
      html: "<p>Look <b>l</b>eft &amp; right</p><style>hiddenword</style>",
      idempotencyKey: null,
    },
  );
  await either(async () => {
    expect(await found(inbox, "zebra")).toEqual([messageId]);
    expect(await found(inbox, "left")).toEqual([messageId]);
    expect(await found(inbox, "hiddenword")).toEqual([]);
    expect(await found(inbox, "outside.test")).toEqual([messageId]);
  });
  await t.run(t.rootToken, deleteMessage, { inbox }, { messageId });
  expect(await found(inbox, "zebra")).toEqual([]);
  const other = await makeInbox();
  await arrive(other, { id: "<gone@x>", text: "zebra" });
  await t.run(t.rootToken, deleteInbox, { inbox: other }, undefined);
  await index();
  const left = await t.run(t.rootToken, searchThreads, {}, { ...everything, query: "zebra" });
  expect(left.items).toEqual([]);
});

it("finds the mail of an inbox in the pod that it was moved to, and no longer in the one before", async () => {
  const [from, to] = [await t.seed.pod(), await t.seed.pod()];
  const inbox = await t.seed.inbox(from);
  await arrive(inbox.address, { id: "<indexed@x>", second: 1, text: "capybara" });
  await index();
  await arrive(inbox.address, { id: "<queued@x>", second: 2, text: "capybara" });
  await t.run(t.rootToken, assignInboxes, { pod: to }, { assign: [{ id: inbox.id }], remove: [] });
  const threads = async (pod: string) =>
    (await t.run(t.rootToken, searchThreads, { pod }, { ...everything, query: "capybara" })).items.length;
  await either(async () => {
    expect([await threads(from), await threads(to)]).toEqual([0, 2]);
    expect(await found(inbox.address, "capybara")).toHaveLength(2);
  });
});

it("pages through more than one window without a gap or a repetition, whatever arrives meanwhile", async () => {
  const inbox = await makeInbox();
  const count = MAX_RANKED_HITS + 80;
  for (let start = 0; start < count; start += 40)
    await Promise.all(
      Array.from({ length: 40 }, (_, at) => start + at).map((n) =>
        arrive(inbox, {
          id: `<${n}@x>`,
          second: n * 3600,
          subject: n % 7 === 0 ? "Penguin" : "Bird",
          text: "penguin",
        }),
      ),
    );
  await index();
  for (const order of ["relevance", "timestamp"] as const) {
    const seen: string[] = [];
    for (let after: SearchMail["page"]["after"] = null; ; ) {
      const { items, next } = await search(inbox, { query: "penguin", order, page: { size: 90, after } });
      seen.push(...items.map(({ message }) => message.messageId));
      if (next === null) break;
      after = next;
      await arrive(inbox, { id: `<new-${order}-${seen.length}@x>`, second: count * 4000, text: "penguin" });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => !id.startsWith("<new")).toSorted()).toEqual(
      Array.from({ length: count }, (_, n) => `<${n}@x>`).toSorted(),
    );
  }
  const bounded = await search(inbox, {
    query: "penguin",
    after: new Date("2026-01-01T10:00:00Z"),
    before: new Date("2026-01-01T13:00:00Z"),
    order: "timestamp",
  });
  expect(bounded.items.map(({ message }) => message.messageId)).toEqual(["<12@x>", "<11@x>"]);
  expect(bounded.next).toBeNull();
}, 120_000);

it("indexes what was stored without being queued, and nothing twice", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<old@x>", text: "quagga" });
  await index();
  await t.behind((tx) => tx.within(systemScope).deleteFrom("message_search").execute());
  expect(await found(inbox, "quagga")).toEqual([]);
  await queueMissedMail(t.database, Date.now());
  expect(await found(inbox, "quagga")).toEqual(["<old@x>"]);
  await Promise.all([indexTurn(t.database, null), indexTurn(t.database, null)]);
  await index();
  expect(await found(inbox, "quagga")).toEqual(["<old@x>"]);
});
