/** Unsubscribe links, from the mail that has one to the send that is refused. */
import { Hono } from "hono";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstPage } from "../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { systemScope } from "../../domain/door/access/index.ts";
import { createListEntry, deleteListEntry, listListEntries } from "../../domain/guardrails/lists/index.ts";
import { getMessage } from "../../domain/mail/messages/index.ts";
import { deleteInbox } from "../../domain/tenancy/inboxes/index.ts";
import { type Outgoing, sendMessage } from "../../domain/transit/sends/index.ts";
import { mountUnsubscribe } from "./unsubscribe.ts";
import { v0 } from "./v0/index.ts";

let t: TestDoor;
let app: Hono;
beforeAll(async () => {
  t = await openTestDoor();
  app = new Hono();
  mountUnsubscribe(app, v0, t);
});
afterAll(() => t.close());

const ANN = "ann+x@outside.test";
const asking = { "list-unsubscribe": "One-Click" };

async function tenant() {
  const { pod, token } = await t.seed.tenant();
  const { address: inbox } = await t.seed.inbox(pod);
  const send = (input: Partial<Outgoing> = {}) =>
    t.run(token, sendMessage, { inbox }, { to: [ANN], text: "Hi.", idempotencyKey: null, ...input });
  const headersOf = async (input: Partial<Outgoing>) => {
    const { messageId } = await send(input);
    return (await t.run(token, getMessage, { inbox }, { messageId })).headers;
  };
  /** Path of the link in a mail that asks for one. */
  const link = async () => {
    const headers = await headersOf({ headers: asking });
    return new URL(/^<(.*)>$/.exec(headers["List-Unsubscribe"] ?? "")?.[1] ?? "").pathname;
  };
  const blocked = () =>
    t.run(
      token,
      listListEntries,
      { pod },
      { direction: "send", listType: "block", page: { ...firstPage, ascending: true } },
    );
  return { pod, token, inbox, send, headersOf, link, blocked };
}

const oneClick = { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) };

describe("a mail that asks for a link", () => {
  it("has one with one click, and says nothing of the recipient in it", async () => {
    const { headersOf, inbox } = await tenant();
    const headers = await headersOf({
      headers: { ...asking, "X-Own": "1", "list-unsubscribe-post": "other" },
    });
    expect(headers).toEqual({
      "X-Own": "1",
      "List-Unsubscribe": expect.stringMatching(
        /^<https:\/\/mail\.rookery\.example\/v0\/unsubscribe\/[\w-]{100,}>$/,
      ),
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    });
    expect(JSON.stringify(headers)).not.toContain(Buffer.from(inbox).toString("base64url").slice(0, 12));
  });

  it("has them in its bytes, the link on one line", async () => {
    const { headersOf, inbox } = await tenant();
    const headers = await headersOf({ headers: asking });
    const { rows } = await t.behind((tx) =>
      sql<{ content: Buffer }>`select b.content from messages m join inboxes i on i.id = m.inbox_id
        join blobs b on b.pod_id = m.pod_id and b.sha256 = m.raw_sha256 where i.address = ${inbox}`.execute(
        tx.within(systemScope),
      ),
    );
    const raw = rows[0]?.content.toString("latin1") ?? "";
    expect(raw.replaceAll(/\r\n[ \t]+/g, " ")).toContain(
      `List-Unsubscribe: ${headers["List-Unsubscribe"]}\r\n`,
    );
    expect(raw).toContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
  });

  it("is refused for several recipients, over all fields, and where the server has no public URL", async () => {
    const { token, inbox } = await tenant();
    const input = { to: [ANN], bcc: ["b@outside.test"], headers: asking, idempotencyKey: null };
    const refusal = await t.refusal(token, sendMessage, { inbox }, input);
    expect(refusal).toMatchObject({
      code: "input.invalid",
      details: { path: ["headers", { key: "list-unsubscribe" }] },
    });
  });

  it("that brings a field of its own keeps it as it is", async () => {
    const { headersOf } = await tenant();
    const own = { "List-Unsubscribe": "<mailto:u@x.test?subject=one-click>, <https://x.test/u>" };
    expect(await headersOf({ headers: own })).toEqual(own);
    expect(await headersOf({})).toEqual({});
  });
});

describe("the link", () => {
  it("shows a page whose button asks, and changes nothing, whoever follows it", async () => {
    const { link, blocked, inbox, send } = await tenant();
    const path = await link();
    for (const method of ["GET", "HEAD", "GET"]) {
      const answer = await app.request(path, { method });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
      const text = await answer.text();
      if (method === "GET")
        for (const part of ['<form method="post">', ANN, inbox]) expect(text).toContain(part);
    }
    expect((await blocked()).items).toEqual([]);
    await send();
  });

  it("posted ends the mail of the pod to that address, once and for good; others still get theirs", async () => {
    const { link, blocked, send, pod, token, inbox } = await tenant();
    const path = await link();
    for (let n = 0; n < 2; n++) {
      const answer = await app.request(path, oneClick);
      expect({ status: answer.status, text: await answer.text() }).toEqual({
        status: 200,
        text: expect.stringContaining("gets no more mail from"),
      });
    }
    const { items } = await blocked();
    expect(items).toMatchObject([{ entry: ANN, isReadOnly: true, reason: "Unsubscribed by the recipient" }]);
    const named = { direction: "send", listType: "block", entry: ANN };
    expect((await t.refusal(token, deleteListEntry, { pod }, named)).code).toBe("scope.forbidden");
    const { address: other } = await t.seed.inbox(pod);
    for (const from of [inbox, other]) {
      const mail = { to: [ANN], text: "Hi.", idempotencyKey: null };
      expect((await t.refusal(token, sendMessage, { inbox: from }, mail)).code).toBe("message.rejected");
    }
    await send({ to: ["b@outside.test"] });
    const { send: neighbours } = await tenant();
    await neighbours();
  });

  it("makes an entry that the tenant had put there itself one that stays", async () => {
    const { link, blocked, pod, token } = await tenant();
    const path = await link();
    const named = { direction: "send", listType: "block", entry: ANN };
    await t.run(token, createListEntry, { pod }, { ...named, reason: "Own" });
    await app.request(path, oneClick);
    expect((await blocked()).items).toMatchObject([{ entry: ANN, isReadOnly: true, reason: "Own" }]);
  });

  it("still works when the mail and its inbox are gone", async () => {
    const { link, blocked, token, inbox } = await tenant();
    const path = await link();
    await t.run(token, deleteInbox, { inbox }, undefined);
    expect(await (await app.request(path)).text()).toContain("from this sender");
    expect((await app.request(path, oneClick)).status).toBe(200);
    expect((await blocked()).items).toMatchObject([{ entry: ANN }]);
  });

  it("leaves an audit row that names the address", async () => {
    const { link, pod } = await tenant();
    await app.request(await link(), oneClick);
    const { rows } = await t.behind((tx) =>
      sql`select actor, target from audit where pod_id = ${pod} and operation = 'suppression.unsubscribe'`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows).toEqual([{ actor: "unsubscribe", target: ANN }]);
  });

  it("changed in any character is no link, and says no more than that", async () => {
    const { link, blocked } = await tenant();
    const path = await link();
    const token = path.slice(path.lastIndexOf("/") + 1);
    const at = Math.floor(token.length / 2);
    const wrong = [
      `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`,
      token.slice(0, 20),
      "x",
      "A".repeat(5000),
      encodeURIComponent("<script>"),
    ];
    for (const one of wrong)
      for (const request of [{}, oneClick]) {
        const answer = await app.request(`/v0/unsubscribe/${one}`, request);
        expect(answer.status).toBe(404);
        expect(await answer.text()).not.toContain("<script>");
      }
    expect((await blocked()).items).toEqual([]);
  });
});

it("a page shows an address as text, whatever is in it", async () => {
  const { token, inbox } = await tenant();
  const to = ["rock&roll@outside.test"];
  const { messageId } = await t.run(
    token,
    sendMessage,
    { inbox },
    { to, headers: asking, idempotencyKey: null },
  );
  const { headers } = await t.run(token, getMessage, { inbox }, { messageId });
  const path = new URL(headers["List-Unsubscribe"]?.slice(1, -1) ?? "").pathname;
  const text = await (await app.request(path)).text();
  expect(text).toContain("<strong>rock&amp;roll@outside.test</strong>");
});
