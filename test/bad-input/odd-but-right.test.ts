/** What looks wrong and is not: taken, and taken as it was meant. */
import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allRoutes } from "../dialects/index.ts";
import { pathTo, routeCaseOf } from "../nouns/index.ts";
import { thing } from "../nouns/noun.ts";
import { judgeAll, type RawAnswer, send } from "./raw-request.ts";
import { refused } from "./refusal.ts";
import { openTenant, type Tenant } from "./tenant.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(async () => tenant.stop());

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  send(tenant.app, { method: "POST", path, body, headers });

describe("a body", () => {
  /** With names that are something in JavaScript, and a value of every type. */
  const junk = `"unknown":1,"nothing":null,"__proto__":{"name":5,"to":5},"constructor":{"prototype":{"x":1}},"toString":[[[]]],"a.b":"c","":true`;

  test("with unknown fields is accepted by every route, and they are ignored", async () => {
    const withBody = allRoutes.filter(
      (route) => route.body !== undefined && routeCaseOf(route).refusesUnknownFields !== true,
    );
    const cases = withBody.map(async (route) => {
      const whole = { ...routeCaseOf(route).body?.(tenant.things) };
      // Every domain of the run is new.
      const fresh = `${route.name.replaceAll(".", "-").toLowerCase()}-${route.path.split("/")[1]}.com`;
      for (const field of ["domain", "domain_address"]) if (field in whole) whole[field] = fresh;
      const body = JSON.stringify(whole).replace(/^\{/, `{${junk},`);
      const things = await routeCaseOf(route).fresh?.(tenant.app.client(), tenant.things);
      const path = pathTo(route.path, { ...tenant.things, ...things });
      const request = { method: route.method.toUpperCase(), path, body, key: tenant.keyFor(route) };
      const refused = routeCaseOf(route).answered ?? route.refused?.status;
      return { name: route.name, request, refused };
    });
    const wrong = await judgeAll(tenant.app, await Promise.all(cases), ({ status, text }, { refused }) => {
      if (![200, 201, 204, refused].includes(status)) return "should be taken";
      return text.includes("unknown") || text.includes("toString")
        ? "should not give unknown fields back"
        : null;
    });
    expect(wrong).toEqual([]);
  });
  test("means the last of a name given twice, skips a byte order mark, and has any content type", async () => {
    const names = async (body: string | Buffer, type?: string): Promise<unknown> =>
      (await post("/v0/pods", body, type === undefined ? {} : { "content-type": type })).body["name"];
    expect(await names('{"name":"first","name":"last"}')).toBe("last");
    expect(await names('{"name":5,"name":"last"}')).toBe("last");
    expect(await names('\ufeff {"name":"marked"}\r\n')).toBe("marked");
    expect(await names('{"name":"\\u00fc\\ud83d\\udc26"}')).toBe("ü🐦");
    for (const type of [
      "text/plain",
      "application/xml",
      "multipart/form-data",
      "x",
      "",
      "application/json; charset=latin1",
    ])
      expect(await names('{"name":"typed"}', type)).toBe("typed");
  });

  test("has a scalar for a list of one, and a number for text", async () => {
    const sent = await post(pathTo("/v0/inboxes/{inbox_id}/messages/send", tenant.things), {
      ...{ to: "x@outside.test", subject: 123, text: true, labels: 7, attachments: { content: "aGk=" } },
    });
    const path = pathTo("/v0/inboxes/{inbox_id}/messages/{message_id}", {
      ...tenant.things,
      message_id: String(sent.body["message_id"]),
    });
    const { body } = await send(tenant.app, { method: "GET", path });
    expect(body).toMatchObject({
      subject: "123",
      text: "true",
      to: ["x@outside.test"],
      labels: ["sent", "7"],
    });
    expect(body["attachments"]).toMatchObject([{ size: 2 }]);
  });
});

describe("an inbox id", () => {
  test("is the same inbox in any case and however + and @ are written; a + is never a space", async () => {
    const { inboxId } = await tenant.app
      .client()
      .pods.inboxes.create(thing(tenant.things, "pod_id"), { username: "plus" });
    // No inbox is made with a + here, because mail to it is its base's; one that came another way has its own address.
    for (const table of ["addresses", "inboxes"])
      await tenant.database.query(
        `update ${table} set address = 'a+b@rookery.localhost' where address = $1`,
        [inboxId],
      );
    const spellings = ["a+b@", "a%2Bb@", "a%2bb%40", "A+B@", "%61+%62%40"].map(
      (start) => `${start}rookery.localhost`,
    );
    for (const id of [...spellings, "a+b@ROOKERY.LOCALHOST"])
      for (const prefix of ["/v0", pathTo("/v0/pods/{pod_id}", tenant.things)]) {
        const answer = await send(tenant.app, { method: "GET", path: `${prefix}/inboxes/${id}` });
        expect({ id, found: answer.body["inbox_id"] }).toEqual({ id, found: "a+b@rookery.localhost" });
        const list = await send(tenant.app, { method: "GET", path: `/v0/inboxes/${id}/messages` });
        expect({ id, status: list.status }).toEqual({ id, status: 200 });
      }
    for (const id of [
      "a%20b@rookery.localhost",
      "a%252Bb@rookery.localhost",
      "a@rookery.localhost",
      "b@rookery.localhost",
    ])
      expect(
        refused(await send(tenant.app, { method: "GET", path: `/v0/inboxes/${id}` }), 404),
        id,
      ).toBeNull();
  });

  test("that is taken is refused with three that are free, and a domain of another pod without a word about it", async () => {
    const taken = await post("/v0/inboxes", { username: "One.Of-All" });
    expect(refused(taken, 403)).toBeNull();
    expect(taken.body["suggestions"]).toHaveLength(3);
    for (const username of taken.body["suggestions"] as string[])
      expect((await post("/v0/inboxes", { username })).body["email"]).toBe(`${username}@rookery.localhost`);
    const domain = await post("/v0/domains", { domain: "ONE.OF-ALL-mail.com" });
    expect(refused(domain, 403)).toBeNull();
    expect(domain.text).not.toContain(thing(tenant.things, "pod_id"));
  });
});

describe("what a caller writes into a mail", () => {
  interface Sent {
    readonly raw: Buffer;
    readonly message: RawAnswer["body"];
  }
  async function sendAndRead(note: Record<string, unknown>): Promise<Sent> {
    const sent = await post(pathTo("/v0/inboxes/{inbox_id}/messages/send", tenant.things), {
      to: "x@outside.test",
      ...note,
    });
    expect({ note, status: sent.status, fix: sent.body["fix"] }).toEqual({
      note,
      status: 200,
      fix: undefined,
    });
    const things = { ...tenant.things, message_id: String(sent.body["message_id"]) };
    const get = async (path: string): Promise<RawAnswer["body"]> =>
      (await send(tenant.app, { method: "GET", path: pathTo(path, things) })).body;
    const { download_url: url } = await get("/v0/inboxes/{inbox_id}/messages/{message_id}/raw");
    const raw = Buffer.from(await (await fetch(String(url))).arrayBuffer());
    return { raw, message: await get("/v0/inboxes/{inbox_id}/messages/{message_id}") };
  }

  const ours = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type"];

  test("stays in its own header, whatever characters it has", async () => {
    const tricks = [
      { subject: "=?utf-8?q?a=0D=0ABcc:_evil@evil.test?=" },
      { subject: "Subject: x Bcc: evil@evil.test" },
      { subject: `${"long ".repeat(199)}` },
      { subject: "ünï 例 🐦 \t tab" },
      { to: '"Bcc: evil@evil.test," <x@outside.test>' },
      { to: "=?utf-8?q?=0D=0ABcc:evil@evil.test?= <x@outside.test>" },
      { to: 'Ann "the \\"Bird\\"" O\'Neil <x@outside.test>' },
      { reply_to: "Ünï, Cödé <reply@outside.test>" },
      {
        headers: {
          "X-Any": 'a: b; c="d" <e@f.test>\t=?utf-8?q?=0ABcc:_g?=',
          "x-long": "y ".repeat(499),
          "X-Uni": "例",
        },
      },
      {
        attachments: [
          { filename: 'a"; x-evil="1', content: "aGk=", content_type: 'text/plain; name="b"; Bcc: c' },
        ],
      },
      { attachments: [{ filename: "../../etc/passwd", content: "aGk=", content_id: "<a@b>" }] },
      { attachments: [{ filename: "ünï 例 🐦.txt", content: "aGk=", content_id: "a>\tb c<d" }] },
      { attachments: [{ filename: "n".repeat(998), content: "aGk=", content_type: "message/rfc822" }] },
      {
        text: "Bcc: evil@evil.test\r\n\r\n.\r\nQUIT\r\n--boundary--\r\nFrom x",
        html: "<p>\u0000</p>".replace("\u0000", "&#0;"),
      },
    ];
    for (const trick of tricks) {
      const { raw } = await sendAndRead(trick);
      const mail = await PostalMime.parse(raw);
      const keys = mail.headers.map(({ key }) => key).filter((key) => !/^(x-|content-)/.test(key));
      expect(keys.toSorted(), JSON.stringify(trick)).toEqual(
        ours
          .filter((key) => key !== "content-type" && (key !== "subject" || "subject" in trick))
          .concat("reply_to" in trick ? "reply-to" : [])
          .toSorted(),
      );
      expect(mail.to, JSON.stringify(trick)).toMatchObject([{ address: "x@outside.test" }]);
      expect(mail.from).toMatchObject({ address: thing(tenant.things, "inbox_id") });
      expect(mail.bcc ?? []).toEqual([]);
      expect(raw.toString("latin1").split("\r\n\r\n", 1)[0]).not.toMatch(/^Bcc/im);
      if ("attachments" in trick) expect(mail.attachments).toHaveLength(1);
    }
  });

  test("as display name of the inbox cannot make the mail another's", async () => {
    for (const name of [
      'Evil" <evil@evil.test>, "',
      "evil@evil.test",
      "a <b@c.test>",
      "=?utf-8?q?=0D=0ABcc:_x?=",
      "ü, 例",
    ]) {
      const path = pathTo("/v0/inboxes/{inbox_id}", tenant.things);
      const answer = await send(tenant.app, { method: "PATCH", path, body: { display_name: name } });
      expect(answer.body["display_name"]).toBe(name);
      const mail = await PostalMime.parse((await sendAndRead({ text: "hi" })).raw);
      expect(mail.from).toMatchObject({ address: thing(tenant.things, "inbox_id") });
      expect(mail.headers.map(({ key }) => key)).not.toContain("bcc");
    }
  });

  test("null as display name in a change of an inbox clears it, and beside other changes as well", async () => {
    const path = pathTo("/v0/inboxes/{inbox_id}", tenant.things);
    for (const body of [{ display_name: null }, { display_name: null, metadata: { plan: "pro" } }]) {
      await send(tenant.app, { method: "PATCH", path, body: { display_name: "Scout" } });
      const answer = await send(tenant.app, { method: "PATCH", path, body });
      expect(answer.status).toBe(200);
      expect(answer.body).not.toHaveProperty("display_name");
      expect((await PostalMime.parse((await sendAndRead({ text: "hi" })).raw)).from?.name).toBe("");
    }
  });

  test("as base64 is the same bytes in either alphabet, broken into lines, padded or not, and empty", async () => {
    const bytes = Buffer.from("fbefbe0001ff", "hex");
    const plain = bytes.toString("base64");
    const contents = [plain, bytes.toString("base64url"), `${plain.slice(0, 3)}\r\n${plain.slice(3)}\n`];
    const { message } = await sendAndRead({
      attachments: [...contents, "+w==", "+w", "-w==", ""].map((content) => ({ content })),
    });
    const sizes = (message["attachments"] as { size: number }[]).map(({ size }) => size);
    expect(sizes).toEqual([6, 6, 6, 1, 1, 1, 0]);
    for (const attachment of (message["attachments"] as { attachment_id: string }[]).slice(0, 3)) {
      const path = pathTo("/v0/inboxes/{inbox_id}/messages/{message_id}/attachments/{attachment_id}", {
        ...tenant.things,
        ...{ message_id: String(message["message_id"]), attachment_id: attachment.attachment_id },
      });
      const { download_url: url } = (await send(tenant.app, { method: "GET", path })).body;
      expect(Buffer.from(await (await fetch(String(url))).arrayBuffer())).toEqual(bytes);
    }
  });
});
