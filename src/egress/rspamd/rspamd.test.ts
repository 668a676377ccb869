import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filterReply, startRspamd, type TestRspamd } from "../../../test/support/rspamd.ts";
import { openSockets, type Sockets } from "../../../test/support/sockets.ts";
import { createRspamd, type FilterQuestion, type Rspamd } from "./rspamd.ts";

let sockets: Sockets;
let server: TestRspamd;
let client: Rspamd;
beforeEach(async () => {
  sockets = openSockets();
  server = await startRspamd(sockets);
  client = createRspamd({
    url: `${server.url}/filter`,
    host: "mx.example.test",
    userAgent: "Rookery/test",
    resolve: async () => ["127.0.0.1"],
  });
});
afterEach(async () => {
  client.close();
  await sockets.end();
});

const MAIL = "From: ann@example.test\r\nSubject: x\r\n\r\n.Hello\r\n";
const question: FilterQuestion = {
  raw: Buffer.from(MAIL),
  clientAddress: "192.0.2.1",
  clientName: "mx.sender.test",
  envelopeFrom: "ann@example.test",
  recipients: ["bob@here.test"],
  tenant: "pod",
};
const LONG = new AbortController().signal;
const check = (more: Partial<FilterQuestion> = {}, deadline = LONG) =>
  client.check({ ...question, ...more }, deadline);
const fieldsNamed = (name: string): string[] =>
  (server.asked.at(-1)?.fields ?? []).filter(([one]) => one === name).map(([, value]) => value);

describe("a question", () => {
  it("is the mail as it came with its envelope, and the answer what rspamd makes of it", async () => {
    server.answer = filterReply("add header", 7.5);
    expect(await check()).toEqual({
      score: 7.5,
      requiredScore: 15,
      action: "add header",
      symbols: ["GTUBE", "MIME_GOOD"],
    });
    expect(server.asked).toMatchObject([{ path: "POST /filter/checkv2", body: MAIL }]);
    expect(["ip", "helo", "from", "rcpt", "deliver-to", "mta-name", "user-agent"].map(fieldsNamed)).toEqual([
      ["192.0.2.1"],
      ["mx.sender.test"],
      ["ann@example.test"],
      ["bob@here.test"],
      ["bob@here.test"],
      ["mx.example.test"],
      ["Rookery/test"],
    ]);
  });

  it("names each of several recipients, a hundred at most, and then no one whom it is delivered to", async () => {
    await check({ recipients: ["bob@here.test", "eve@here.test"], envelopeFrom: "" });
    expect(fieldsNamed("rcpt")).toEqual(["bob@here.test", "eve@here.test"]);
    expect(fieldsNamed("deliver-to")).toEqual([]);
    expect(fieldsNamed("from")).toEqual([""]);
    await check({ recipients: Array.from({ length: 1000 }, (_, index) => `b${index}@here.test`) });
    expect(fieldsNamed("rcpt")).toHaveLength(100);
  });

  it("has no fields but ours, whatever the client's names contain", async () => {
    await check({
      clientName: "x\r\nSettings: {}",
      envelopeFrom: "j\u00fcrgen\n@example.test",
      recipients: [`${"b".repeat(10_000)}@here.test`],
    });
    expect(fieldsNamed("settings")).toEqual([]);
    expect(fieldsNamed("helo")).toEqual(["xSettings: {}"]);
    expect(Buffer.from(fieldsNamed("from")[0] ?? "", "latin1").toString()).toBe("j\u00fcrgen@example.test");
    expect(fieldsNamed("rcpt")[0]).toHaveLength(512);
  });
});

describe("an answer", () => {
  it("may be that the mail was skipped", async () => {
    server.answer = { ...filterReply("no action", 0), is_skipped: true };
    expect(await check()).toBeNull();
    // What rspamd 3.4 says of its test pattern.
    server.answer = { is_skipped: true, score: 15, required_score: 15, action: "reject", symbols: {} };
    expect(await check()).toEqual({ score: 15, requiredScore: 15, action: "reject", symbols: [] });
  });

  it("has ten symbols at most, those that weigh most, and no text that is no name", async () => {
    const symbols = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`S${index}`, { score: index - 990 }]),
    );
    server.answer = {
      ...filterReply("reject", 20),
      symbols: { ...symbols, "<script>": { score: 5000 }, ["X".repeat(65)]: { score: 5000 } },
    };
    const verdict = await check();
    expect(verdict?.symbols).toEqual(Array.from({ length: 10 }, (_, index) => `S${index}`));
  });

  it.each<[string, TestRspamd["answer"], RegExp]>([
    ["an error", (response) => response.writeHead(500).end("no"), /answered 500/],
    ["a redirect", (response) => response.writeHead(302, { location: "/x" }).end(), /answered 302/],
    ["no JSON", (response) => response.writeHead(200).end("<html>"), /none of rspamd's/],
    ["another protocol's JSON", { ok: true }, /none of rspamd's/],
    ["an action that nobody knows", filterReply("explode", 1), /none of rspamd's/],
    ["a score that is no number", { ...filterReply("reject", 1), score: "high" }, /none of rspamd's/],
    ["a megabyte and more", (response) => response.writeHead(200).end("x".repeat(1_100_000)), /more than/],
    ["a closed connection", (response) => void response.destroy(), /./],
    ["half an answer", (response) => void response.writeHead(200).write("{", () => response.destroy()), /./],
  ])("that is %s is none", async (_what, answer, says) => {
    server.answer = answer;
    await expect(check()).rejects.toThrow(says);
  });

  it("that does not come, or does not end, is given up at the deadline", async () => {
    for (const answer of [
      () => undefined,
      (response: { write(text: string): unknown }) => void response.write("{"),
    ]) {
      server.answer = answer;
      await expect(check({}, AbortSignal.timeout(100))).rejects.toThrow("no answer in time");
    }
  });
});
