import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Cursor, Page } from "../../door/cursor.ts";
import { KEYSET_PIECE_ROWS } from "../../limits.ts";
import { type ListMessages, listMessages, type Message, updateMessage } from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const list = (inbox: string, asked: Partial<ListMessages> = {}) =>
  t.run(t.rootToken, listMessages, { inbox }, { ...allMessages, ...asked });
const idsOf = async (inbox: string, asked: Partial<ListMessages> = {}): Promise<string[]> =>
  (await list(inbox, asked)).items.map(({ messageId }) => messageId);

it("pages neither skip nor repeat when times tie and newer mail comes in between", async () => {
  const inbox = await makeInbox();
  // Four seconds hold two mails each: only the id decides inside a second.
  for (let n = 0; n < 8; n++) await arrive(inbox, { id: `<p${n}@x>`, second: n >> 1 });
  const seen: string[] = [];
  let after: Cursor | null = null;
  for (let n = 0; n === 0 || after !== null; n++) {
    const page = await list(inbox, { page: { ...firstPage, size: 3, after } });
    expect(page.items.length).toBeLessThanOrEqual(3);
    seen.push(...page.items.map(({ messageId }) => messageId));
    after = page.next;
    await arrive(inbox, { id: `<later${n}@x>`, second: 100 + n });
  }
  expect(seen).toHaveLength(8);
  expect(new Set(seen)).toEqual(new Set(Array.from({ length: 8 }, (_, n) => `<p${n}@x>`)));
  const upwards = await idsOf(inbox, { page: { ...firstPage, ascending: true } });
  expect(upwards.slice(0, 8)).toEqual(seen.toReversed());
});

it("a page longer than a piece of it is whole, whether the list ends in a piece or between two", async () => {
  const inbox = await makeInbox();
  const mails = Array.from({ length: 2 * KEYSET_PIECE_ROWS + 1 }, (_, n) => ({
    id: `<long${n}@x>`,
    second: n >> 2,
  }));
  for (const mail of mails) await arrive(inbox, mail);
  const all: string[] = [];
  for (let after: Cursor | null = null, n = 0; n === 0 || after !== null; n++) {
    const { items, next }: Page<Message> = await list(inbox, { page: { ...firstPage, size: 20, after } });
    all.push(...items.map(({ messageId }) => messageId));
    after = next;
  }
  expect(new Set(all).size).toBe(mails.length);
  for (const size of [1, -1, 0].flatMap((more) => [KEYSET_PIECE_ROWS + more, 2 * KEYSET_PIECE_ROWS + more])) {
    const page = await list(inbox, { page: { ...firstPage, size } });
    expect(page.items.map(({ messageId }) => messageId)).toEqual(all.slice(0, size));
    expect(page.next === null).toBe(size === all.length);
    const after = page.items[0];
    if (after === undefined) throw new Error("the page is empty");
    const later = await list(inbox, { page: { ...firstPage, size, after: [after.timestamp, after.id] } });
    expect(later.items.map(({ messageId }) => messageId)).toEqual(all.slice(1, size + 1));
    expect(later.next === null).toBe(size + 1 >= all.length);
  }
});

it("filters: labels are ANDed, times are exclusive, substrings match literally and in any case", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<f1@x>", second: 1, subject: "50% off_now", from: "Ann <ann@one.test>" });
  await arrive(inbox, {
    id: "<f2@x>",
    second: 2,
    subject: "500 offers",
    headers: "Cc: Boss <boss@two.test>\r\n",
  });
  await arrive(inbox, { id: "<f3@x>", second: 3, subject: "back\\slash" });
  const red = { messageId: "<f1@x>", addLabels: ["red"], removeLabels: [] };
  await t.run(t.rootToken, updateMessage, { inbox }, red);
  expect(await idsOf(inbox, { labels: ["red", "unread"] })).toEqual(["<f1@x>"]);
  expect(await idsOf(inbox, { labels: ["red", "blue"] })).toEqual([]);
  const between = { after: new Date("2026-01-01T00:00:01Z"), before: new Date("2026-01-01T00:00:03Z") };
  expect(await idsOf(inbox, between)).toEqual(["<f2@x>"]);
  expect(await idsOf(inbox, { subject: ["50%"] })).toEqual(["<f1@x>"]);
  expect(await idsOf(inbox, { subject: ["FF_"] })).toEqual(["<f1@x>"]);
  expect(await idsOf(inbox, { subject: ["\\"] })).toEqual(["<f3@x>"]);
  expect(await idsOf(inbox, { to: ["BOSS@"], subject: ["off", "500"] })).toEqual(["<f2@x>"]);
  expect(await idsOf(inbox, { from: ["ann", "nobody"] })).toEqual([]);
});

it("a label is found at whatever place it has among a message's labels", async () => {
  const inbox = await makeInbox();
  const names = ["a", "b", "c", "d", "e", "f"];
  for (const [index, id] of ["<few@x>", "<many@x>"].entries()) {
    await arrive(inbox, { id, second: index });
    const addLabels = index === 0 ? ["f"] : names;
    await t.run(t.rootToken, updateMessage, { inbox }, { messageId: id, addLabels, removeLabels: [] });
  }
  expect(await idsOf(inbox, { labels: ["received"] })).toEqual(["<many@x>", "<few@x>"]);
  expect(await idsOf(inbox, { labels: ["f"] })).toEqual(["<many@x>", "<few@x>"]);
  for (const name of names.slice(0, -1)) expect(await idsOf(inbox, { labels: [name] })).toEqual(["<many@x>"]);
  expect(await idsOf(inbox, { labels: [...names, "unread"] })).toEqual(["<many@x>"]);
  expect(await idsOf(inbox, { labels: ["g"] })).toEqual([]);
});
