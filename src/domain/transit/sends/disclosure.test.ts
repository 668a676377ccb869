import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { attachPolicy, limit } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type Policy, updatePolicy } from "../../guardrails/policies/index.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { disclosed } from "./disclosure.ts";
import { type Outgoing, replyToMessage, sendMessage } from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const FOOTER = "Written by an AI of Acme & Co.\nAsk for a person: help@acme.example";
const BLOCK = "<div>-- <br>Written by an AI of Acme &amp; Co.<br>Ask for a person: help@acme.example</div>";

/** An inbox whose pod has a policy with these options. */
async function sender(options: Policy["options"]) {
  const { pod, token } = await t.seed.tenant();
  const policy = await limit(t, pod, {});
  await t.run(t.rootToken, updatePolicy, {}, { id: policy, options });
  const { address: inbox } = await t.seed.inbox(pod);
  const sent = async (input: Partial<Outgoing>) => {
    const mail = { to: ["a@outside.test"], idempotencyKey: null, ...input };
    const { messageId } = await t.run(token, sendMessage, { inbox }, mail);
    return t.run(token, getMessage, { inbox }, { messageId });
  };
  return { pod, token, inbox, sent };
}

const both = { aiHeader: true, aiFooter: FOOTER };

describe("a pod whose policy says so", () => {
  it("has a field and a footer on each mail, in text and HTML", async () => {
    const { sent } = await sender(both);
    const html = "<html><body><p>Hi</p></BODY></html>";
    expect(await sent({ text: "Hi.\n", html })).toMatchObject({
      headers: { "AI-Disclosure": "mode=ai-originated" },
      text: `Hi.\n\n-- \n${FOOTER}\n`,
      html: `<html><body><p>Hi</p>${BLOCK}</BODY></html>`,
    });
    expect(await sent({ html: "<p>Hi</p>" })).toMatchObject({ text: null, html: `<p>Hi</p>${BLOCK}` });
    expect(await sent({})).toMatchObject({ text: `-- \n${FOOTER}\n`, html: null });
  });

  it("has them once, when the caller wrote them, or sends again what it had sent", async () => {
    const { sent } = await sender(both);
    const first = await sent({
      text: "Hi.",
      html: "<p>Hi</p>",
      headers: { "ai-disclosure": "mode=ai-modified" },
    });
    expect(first.headers).toEqual({ "ai-disclosure": "mode=ai-modified" });
    const again = await sent({ text: first.text ?? "", html: first.html ?? "" });
    expect(again).toMatchObject({ text: first.text, html: first.html });
  });

  it("has them before the last end of a body, of however many", async () => {
    const footed = (html: string) =>
      disclosed({ text: null, html, headers: {} }, { hasHeader: false, footer: FOOTER }).html;
    expect(footed("</bodyguard></body></p>")).toBe(`</bodyguard>${BLOCK}</body></p>`);
    // Where each is held against all that follow, it runs into the timeout.
    const bodies = "</body >".repeat(500_000);
    expect(footed(bodies) === `${bodies.slice(0, -"</body >".length)}${BLOCK}</body >`).toBe(true);
  });

  it("has them on answers, whose reader sees what was said without the footer", async () => {
    const { sent, token, inbox } = await sender(both);
    await arrive(inbox, { id: "<first@x>" });
    const input = { messageId: "<first@x>", text: "Yes.", replyAll: false, idempotencyKey: null };
    const { messageId } = await t.run(token, replyToMessage, { inbox }, input);
    const answer = await t.run(token, getMessage, { inbox }, { messageId });
    expect(answer).toMatchObject({ text: `Yes.\n\n-- \n${FOOTER}\n`, extractedText: "Yes." });
    expect((await sent({ text: "x" })).headers).toHaveProperty("AI-Disclosure");
  });

  it("may want one of the two alone", async () => {
    const { sent } = await sender({ aiHeader: true });
    expect(await sent({ text: "Hi." })).toMatchObject({
      text: "Hi.",
      headers: { "AI-Disclosure": expect.anything() },
    });
    const { sent: footed } = await sender({ aiFooter: FOOTER });
    expect(await footed({ text: "Hi." })).toMatchObject({ text: `Hi.\n\n-- \n${FOOTER}\n`, headers: {} });
  });
});

it("without a policy, and with one that says nothing, mail stays as it is", async () => {
  const { sent, pod } = await sender({});
  expect(await sent({ text: "Hi." })).toMatchObject({ text: "Hi.", headers: {} });
  await attachPolicy(t, pod, null);
  expect(await sent({ text: "Hi." })).toMatchObject({ text: "Hi.", headers: {} });
});

it("a footer is bounded, and has no control characters", async () => {
  const { pod } = await t.seed.tenant();
  const id = await limit(t, pod, {});
  for (const aiFooter of ["", "x".repeat(1001), "a\u0007b"])
    expect(await t.refusal(t.rootToken, updatePolicy, {}, { id, options: { aiFooter } })).toMatchObject({
      code: "input.invalid",
      details: { path: ["options", "aiFooter"] },
    });
});
