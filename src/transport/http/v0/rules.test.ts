/** Trials and explanations on the wire; and what a sender is told of a rule. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SmtpSession } from "../../../../test/support/smtp-client.ts";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";

let app: TestApp;
let inbox: string;
let pod: string;
beforeAll(async () => {
  app = await testApp();
  const made = await app.client().inboxes.create({ username: "desk" });
  [inbox, pod] = [made.inboxId, made.podId];
});
afterAll(() => app.stop());

const evil = {
  match: { conditions: [{ field: "from.domain", operator: "is", value: "evil.example" }] },
  actions: [{ type: "block" }],
};

/** Sends as SMTP does. @returns the replies to RCPT TO and to the mail */
async function deliver(envelope: string, from = envelope): Promise<{ rcpt: string; data: string }> {
  const session = await SmtpSession.open(app.smtpPort);
  await session.reply();
  await session.command("EHLO client.test");
  await session.command(`MAIL FROM:<${envelope}>`);
  const rcpt = await session.command(`RCPT TO:<${inbox}>`);
  let data = "";
  if (rcpt.startsWith("250")) {
    await session.command("DATA");
    data = await session.command(`From: ${from}\r\nMessage-ID: <${from}@x>\r\n\r\nHi.\r\n.`);
  }
  session.close();
  return { rcpt, data };
}

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

test("a trial answers with lines of JSON: what the rule matches, then a summary", async () => {
  expect((await deliver("a@evil.example")).data).toMatch(/^250 /);
  expect((await deliver("b@ok.example")).data).toMatch(/^250 /);
  const since = "2026-01-01T00:00:00Z";
  const path = `/v0/inboxes/${inbox}/rules/dry-run`;
  const answer = await app.request("POST", path, { body: { rule: evil, since } });
  expect(answer.status).toBe(200);
  expect(linesOf(answer.text)).toEqual([
    expect.objectContaining({
      type: "match",
      inbox_id: inbox,
      message_id: "<a@evil.example@x>",
      actions: ["block"],
      folders: [],
    }),
    { type: "summary", judged: 2, matched: 1, complete: true },
  ]);
  const refused = await app.request("POST", path, { body: { rule: { ...evil, actions: [] } } });
  expect([refused.status, refused.body["name"]]).toEqual([400, "ValidationError"]);
  for (const body of [{}, { rule: evil, rule_id: inbox }])
    expect((await app.request("POST", path, { body })).status).toBe(400);
});

test("a sender hears 550 5.7.1 at RCPT or after DATA, and nothing of the rule; the message says why", async () => {
  const made = await app.request("POST", "/v3/rules", { body: { name: "Secret words", ...evil } });
  // Cast: the shape of a rule in the API's own contract.
  const { id } = made.body["data"] as { id: string };
  const attached = await app.request("PATCH", `/v3/workspaces/${pod}`, { body: { rule_ids: [id] } });
  expect(attached.status).toBe(200);
  expect((await deliver("x@evil.example")).rcpt).toBe("550 5.7.1 Message refused by policy");
  expect((await deliver("x@ok.example", "x@evil.example")).data).toBe("550 5.7.1 Message refused by policy");
  const path = `/v0/inboxes/${inbox}/messages/${encodeURIComponent("<a@evil.example@x>")}/rules`;
  const { body, status } = await app.request("GET", path);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    message_id: "<a@evil.example@x>",
    inbox_id: inbox,
    now: { actions: ["block"], folders: [] },
    rules: [
      { rule_id: id, matches: true, reached: true, conditions: [{ holds: true, actual: ["evil.example"] }] },
    ],
  });
  expect(body).not.toHaveProperty("recorded");
});

test("mail from another inbox here that a rule blocks bounces for that recipient", async () => {
  const { inboxId: neighbour } = await app.client().inboxes.create({ username: "neighbour" });
  const rule = {
    ...evil,
    match: { conditions: [{ field: "from.address", operator: "is", value: neighbour }] },
  };
  const made = await app.request("POST", "/v3/rules", { body: { name: "R", ...rule } });
  // Cast: as above.
  const { id } = made.body["data"] as { id: string };
  await app.request("PATCH", `/v3/workspaces/${pod}`, { body: { rule_ids: [id] } });
  const { messageId } = await app
    .client()
    .inboxes.messages.send(neighbour, { to: inbox, subject: "x", text: "x" });
  await expect
    .poll(async () => (await app.client().inboxes.messages.get(neighbour, messageId)).labels, {
      timeout: 60_000,
    })
    .toContain("bounced");
  const { messages } = await app.client().inboxes.messages.list(inbox);
  expect(messages.map((message) => message.from)).not.toContain(neighbour);
});
