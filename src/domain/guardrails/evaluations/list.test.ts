import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { firstPage } from "../../../../test/support/lists.ts";
import { attachRules, makeRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { updateMessage } from "../../mail/messages/index.ts";
import { listEvaluations } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("the mail of one inbox is told of, newest first and page by page, and of no other in its pod", async () => {
  const pod = await t.seed.pod();
  const [{ address: inbox }, { address: other }] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
  await attachRules(t, pod, [await makeRule(t, { actions: [{ type: "mark_as_starred" }] })]);
  const arrive = mailInto(t);
  for (const n of [1, 2, 3]) await arrive(inbox, { id: `<${n}@evil.example>`, from: "x@evil.example" });
  await arrive(other, { id: "<4@evil.example>", from: "y@evil.example" });
  const list = (page: Partial<typeof firstPage> = {}) =>
    t.run(t.rootToken, listEvaluations, { inbox }, { ...firstPage, ...page });
  const { items } = await list();
  expect(items).toHaveLength(3);
  expect(items.map(({ id }) => id)).toEqual(
    items
      .map(({ id }) => id)
      .toSorted()
      .toReversed(),
  );
  const first = await list({ size: 2 });
  const rest = await list({ after: first.next });
  expect([...first.items, ...rest.items]).toEqual(items);
});

it("names who wrote: a key that may not read mail is refused, one of another pod finds no inbox", async () => {
  const { pod, token } = await t.seed.tenant();
  const { address: inbox } = await t.seed.inbox(pod);
  const { token: blind } = await t.seed.key({ pod }, "guardrail_read");
  expect((await t.refusal(blind, listEvaluations, { inbox }, firstPage)).code).toBe("permission.missing");
  const { address: foreign } = await t.seed.inbox();
  expect((await t.refusal(token, listEvaluations, { inbox: foreign }, firstPage)).code).toBe(
    "inbox.not_found",
  );
});

it("leaves out mail that the key may not see for its labels, and goes on to the next page behind it", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  await attachRules(t, pod, [await makeRule(t, { actions: [{ type: "mark_as_starred" }] })]);
  const arrive = mailInto(t);
  for (const n of [5, 6]) await arrive(inbox, { id: `<${n}@evil.example>`, from: `${n}@evil.example` });
  const { token: narrow } = await t.seed.key({ inbox }, "guardrail_read", "message_read");
  const { token: wide } = await t.seed.key({ inbox }, "guardrail_read", "message_read", "label_trash_read");
  const trash = { messageId: "<6@evil.example>", addLabels: ["trash"], removeLabels: [] };
  await t.run(t.rootToken, updateMessage, { inbox }, trash);
  const list = async (by: string, page: Partial<typeof firstPage> = {}) =>
    t.run(by, listEvaluations, { inbox }, { ...firstPage, ...page });
  const senders = async (by: string) => (await list(by)).items.map(({ from }) => from);
  expect(await senders(wide)).toEqual(["6@evil.example", "5@evil.example"]);
  expect(await senders(narrow)).toEqual(["5@evil.example"]);
  const first = await list(narrow, { size: 1 });
  expect(first.items).toEqual([]);
  expect((await list(narrow, { after: first.next })).items.map(({ from }) => from)).toEqual([
    "5@evil.example",
  ]);
});
