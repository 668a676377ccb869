import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Cursor, Page } from "../../door/cursor.ts";
import { deleteMessage, updateMessage } from "../messages/index.ts";
import { type LabelEvent, listLabelEvents } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function furnished() {
  const { address: inbox } = await t.seed.inbox();
  const messageId = `<${crypto.randomUUID()}@outside.test>`;
  await mailInto(t)(inbox, { id: messageId });
  const update = (addLabels: string[], removeLabels: string[] = []) =>
    t.run(t.rootToken, updateMessage, { inbox }, { messageId, addLabels, removeLabels });
  const told = async (by = t.rootToken) =>
    (await t.run(by, listLabelEvents, { inbox }, { ...firstPage, ascending: true })).items.map(
      ({ isAdded, label }) => `${isAdded ? "+" : "-"}${label}`,
    );
  return { inbox, messageId, update, told };
}

it("each label that was put on or taken off is told of, in order, and page by page none twice", async () => {
  const { inbox, update, told } = await furnished();
  await update(["a", "b"], ["unread"]);
  await update([], ["a"]);
  const all = await told();
  expect(all.slice(0, 2).toSorted()).toEqual(["+received", "+unread"]);
  expect(all.slice(2)).toEqual(["+a", "+b", "-unread", "-a"]);
  const seen: string[] = [];
  for (let after: Cursor | null = null; ; ) {
    const page: Page<LabelEvent> = await t.run(
      t.rootToken,
      listLabelEvents,
      { inbox },
      { ...firstPage, size: 1, after },
    );
    seen.push(...page.items.map(({ isAdded, label }) => `${isAdded ? "+" : "-"}${label}`));
    if (page.next === null) break;
    after = page.next;
  }
  expect(seen).toEqual(all.toReversed());
});

it("labels that a key may not see, and the messages that have them, are left out for it", async () => {
  const { inbox, update, told } = await furnished();
  const { token } = await t.seed.key({ inbox }, "message_read");
  expect(await told(token)).toHaveLength(2);
  await update(["spam"]);
  expect(await told(token)).toEqual([]);
  expect(await told()).toContain("+spam");
  await update([], ["spam"]);
  expect(await told(token)).toHaveLength(2);
  expect(await told()).toContain("-spam");
});

it("nothing is told of a message that was deleted", async () => {
  const { inbox, messageId, told } = await furnished();
  await t.run(t.rootToken, deleteMessage, { inbox }, { messageId });
  expect(await told()).toEqual([]);
});
