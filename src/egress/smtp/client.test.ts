import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  at,
  byLocalPart,
  deferring,
  firstOf,
  greylisting,
} from "../../../test/support/internet/behaviours.ts";
import { internetClient, RAW, type TestClient } from "../../../test/support/internet/client.ts";
import { type Internet, startInternet } from "../../../test/support/internet/internet.ts";
import { DEADLINES } from "./limits.ts";
import type { DeliveryOutcome } from "./outcome.ts";

let internet: Internet;
let client: TestClient;
beforeEach(async () => {
  internet = await startInternet();
});
afterEach(() => {
  client?.close();
  internet.close();
});
const start = (more: Parameters<typeof internetClient>[1] = {}): TestClient => {
  client = internetClient(internet, more);
  return client;
};
const kinds = ({ recipients }: DeliveryOutcome): string[] =>
  recipients.map(({ kind, code, enhancedCode, fault }) => `${kind} ${code} ${enhancedCode} ${fault}`);

describe("a message", () => {
  it("is taken by the host that its domain names, with the envelope and the octets it has", async () => {
    const host = await internet.domain("good.test");
    const raw = Buffer.from("Subject: dots\r\n\r\n.\r\n..two\r\nend");
    const outcome = await start().send(["b@good.test", "c@good.test"], { raw });
    expect(outcome).toEqual({
      recipients: ["b@good.test", "c@good.test"].map((address) => ({
        ...{ address, kind: "accepted", code: 250, enhancedCode: "2.0.0", reply: "250 2.0.0 taken" },
        ...{ fault: null, isDoubtful: false },
      })),
      ...{ mx: "mx.good.test", mxAddress: "127.0.0.2", hasNoSession: false, at: expect.any(Date) },
      tls: expect.stringMatching(/^TLSv1\.3 unverified \(.+\)$/),
    });
    expect(host.messages).toEqual([
      {
        ...{ from: "a@sender.test", to: ["b@good.test", "c@good.test"], isTls: true },
        raw: `${raw.toString()}\r\n`,
      },
    ]);
    expect(host.lines[0]).toBe("EHLO mx.sender.test");
    expect(host.lines).toContain(`MAIL FROM:<a@sender.test> SIZE=${raw.byteLength}`);
  });

  it("may have the null reverse-path", async () => {
    const host = await internet.domain("good.test");
    expect(kinds(await start().send("b@good.test", { mailFrom: "" }))).toEqual(["accepted 250 2.0.0 null"]);
    expect(host.messages[0]).toMatchObject({ from: "" });
  });

  it("of many megabytes arrives whole", async () => {
    const host = await internet.domain("good.test");
    const raw = Buffer.from(`Subject: large\r\n\r\n${`${"x".repeat(76)}\r\n`.repeat(60_000)}`);
    expect(kinds(await start().send("b@good.test", { raw }))).toEqual(["accepted 250 2.0.0 null"]);
    expect(host.messages[0]?.raw === raw.toString()).toBe(true);
  });

  it("goes in transactions of a hundred recipients over one connection", async () => {
    const host = await internet.domain("good.test", { answer: byLocalPart });
    const to = Array.from(
      { length: 250 },
      (_, index) => `${index === 120 ? "unknown" : "b"}${index}@good.test`,
    );
    const outcome = await start().send(to);
    expect(outcome.recipients.map(({ address }) => address)).toEqual(to);
    expect(host.messages.map((one) => one.to.length)).toEqual([100, 99, 50]);
    expect(host.connections()).toBe(1);
    expect(outcome.recipients.filter(({ kind }) => kind === "refused")).toHaveLength(1);
  });
});

describe("recipients", () => {
  it.each([
    { extensions: undefined, how: "pipelined" },
    { extensions: ["SIZE"], how: "one by one" },
  ])("have an outcome each, $how: one that is refused holds up no other", async ({ extensions }) => {
    const host = await internet.domain("good.test", {
      answer: byLocalPart,
      ...(extensions && { extensions }),
    });
    const to = ["b", "unknown", "full", "over", "closed", "policy", "odd", "c"].map(
      (one) => `${one}@good.test`,
    );
    expect(kinds(await start().send(to))).toEqual([
      "accepted 250 2.0.0 null",
      "refused 550 5.1.1 mailbox",
      "deferred 452 4.2.2 mailbox",
      "refused 552 5.2.2 mailbox",
      "refused 550 5.2.1 mailbox",
      "refused 550 5.7.1 policy",
      "deferred null 4.5.0 protocol",
      "accepted 250 2.0.0 null",
    ]);
    expect(host.messages.map((one) => one.to)).toEqual([["b@good.test", "c@good.test"]]);
  });

  it("keep their refusals when the message is refused as well, and when all are refused", async () => {
    await internet.domain("good.test", { answer: firstOf(byLocalPart, at("MESSAGE", "554 5.7.1 spam")) });
    expect(kinds(await start().send(["unknown@good.test", "b@good.test"]))).toEqual([
      "refused 550 5.1.1 mailbox",
      "refused 554 5.7.1 policy",
    ]);
    expect(kinds(await client.send(["unknown@good.test", "later@good.test"]))).toEqual([
      "refused 550 5.1.1 mailbox",
      "deferred 451 4.3.0 system",
    ]);
  });

  it("that are greylisted are deferred, and taken later; of others each tenth is deferred", async () => {
    await internet.domain("grey.test", { answer: greylisting(1) });
    await internet.domain("busy.test", { answer: deferring(20) });
    start();
    expect(kinds(await client.send("b@grey.test"))).toEqual(["deferred 450 4.7.1 policy"]);
    expect(kinds(await client.send("b@grey.test"))).toEqual(["accepted 250 2.0.0 null"]);
    const to = Array.from({ length: 10 }, (_, index) => `b${index}@busy.test`);
    const outcome = await client.send(to);
    expect(outcome.recipients.filter(({ kind }) => kind === "deferred")).toHaveLength(2);
  });
});

describe("a server", () => {
  it.each([
    ["MAIL", "550 5.7.1 not you", "refused 550 5.7.1 policy"],
    ["MAIL", "553 no", "refused 553 null policy"],
    ["MAIL", "451 4.7.1 slow down", "deferred 451 4.7.1 policy"],
    ["MAIL", "503 what", "deferred 503 null protocol"],
    ["DATA", "554 no valid recipients", "refused 554 null policy"],
    ["MESSAGE", "552 5.3.4 too large", "refused 552 5.3.4 system"],
    ["MESSAGE", "550-5.7.26 first\r\n550 5.7.26 second", "refused 550 5.7.26 policy"],
    ["MESSAGE", "421 4.3.2 going down", "deferred 421 4.3.2 system"],
    ["MESSAGE", "?? !!", "deferred null 4.5.0 protocol"],
    ["MESSAGE", "299 strange", "accepted 299 null null"],
    ["GREETING", "554 5.7.1 your address is on a list", "deferred 554 5.7.1 policy"],
    ["GREETING", "521 no mail here", "refused 521 null policy"],
    ["GREETING", "421 too busy", "deferred 421 null system"],
    ["GREETING", "HTTP/1.1 400 Bad Request", "deferred null 4.5.0 protocol"],
    ["GREETING", "\0\x01\xff", "deferred null 4.5.0 protocol"],
    ["MAIL", "354 what", "deferred 354 null protocol"],
    ["GREETING", "drop", "deferred null 4.4.1 network"],
    ["EHLO", "421 4.3.2 no", "deferred 421 4.3.2 system"],
    ["MAIL", "drop", "deferred null 4.4.2 network"],
    ["RCPT", "drop", "deferred null 4.4.2 network"],
    ["DATA", "drop", "deferred null 4.4.2 network"],
  ])("that answers %s with %j: %s", async (step, answer, expected) => {
    const host = await internet.domain("bad.test", { answer: (asked) => (asked === step ? answer : null) });
    const outcome = await start().send("b@bad.test");
    expect(kinds(outcome)).toEqual([expected]);
    expect(outcome.recipients[0]?.reply).toMatch(/^\P{C}{1,400}$/u);
    // What is no reply to the message may have been one.
    expect(outcome.recipients[0]?.isDoubtful).toBe(step === "MESSAGE" && answer === "?? !!");
    expect(host.connections()).toBeLessThanOrEqual(2);
  });

  it("that only knows HELO gets 7-bit mail", async () => {
    const host = await internet.domain("old.test", { answer: at("EHLO", "502 what") });
    expect(kinds(await start().send("b@old.test"))).toEqual(["accepted 250 2.0.0 null"]);
    expect(host.lines).toContain("MAIL FROM:<a@sender.test>");
  });

  it("that closes in the middle of the message leaves it deferred, and behind its end in doubt", async () => {
    const raw = Buffer.from(`Subject: x\r\n\r\n${"y\r\n".repeat(100_000)}`);
    const half = await internet.domain("half.test", { dropAfterBytes: 1000 });
    expect(kinds(await start().send("b@half.test", { raw }))).toEqual(["deferred null 4.4.2 network"]);
    expect(half.messages).toEqual([]);
    const host = await internet.domain("last.test", { answer: at("MESSAGE", "drop") });
    const { recipients } = await client.send("b@last.test");
    expect(recipients).toMatchObject([
      { kind: "deferred", code: null, enhancedCode: "4.4.2", isDoubtful: true },
    ]);
    expect(host.messages).toHaveLength(1);
  });

  it("that sends a megabyte, of one line or of many, is left", async () => {
    const line = "x".repeat(1_000_000);
    const lines = "250-x\r\n".repeat(200_000);
    for (const [name, answer] of Object.entries({ line: `250 ${line}`, endless: line, lines })) {
      await internet.domain(`${name}.test`, { answer: at("MAIL", answer) });
      const outcome = await start().send(`b@${name}.test`);
      expect(outcome.recipients[0]?.reply.length).toBeLessThanOrEqual(400);
      if (name !== "line") expect(kinds(outcome)).toEqual(["deferred null 4.4.2 network"]);
      client.close();
    }
  });

  it.each(["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "MESSAGE"])(
    "that never answers %s is left at the deadline",
    async (step) => {
      const host = await internet.domain("slow.test", {
        answer: (asked) => (asked === step ? "silent" : null),
      });
      const deadlines = { ...DEADLINES, setUpMs: 300, envelopeMs: 300, dataMs: 300, messageMs: 300 };
      const [recipient] = (await start({ deadlines }).send("b@slow.test")).recipients;
      expect(recipient).toMatchObject({ kind: "deferred", code: null, isDoubtful: step === "MESSAGE" });
      expect(host.connections()).toBe(1);
    },
  );

  it("that drips its greeting without an end is left at the deadline", async () => {
    const host = await internet.domain("tarpit.test", { answer: at("GREETING", "silent") });
    host.server.on("connection", (socket) => {
      const timer = setInterval(() => socket.write("220-slowly\r\n"), 10);
      socket.on("close", () => clearInterval(timer));
    });
    const outcome = await start({ deadlines: { ...DEADLINES, setUpMs: 300 } }).send("b@tarpit.test");
    expect(kinds(outcome)).toEqual(["deferred null 4.4.1 network"]);
  });
});

describe("what a server lacks", () => {
  const eight = Buffer.from("Subject: x\r\n\r\nGr\u00fc\u00dfe\r\n");
  const utf8 = Buffer.from("Subject: Gr\u00fc\u00dfe\r\n\r\nHello\r\n");

  it("is said when it has it: BODY=8BITMIME, and SMTPUTF8 for a header or an address", async () => {
    const host = await internet.domain("good.test");
    start();
    await client.send("b@good.test", { raw: eight });
    await client.send("b@good.test", { raw: utf8 });
    await client.send("j\u00fcrgen@good.test");
    await client.send("c@good.test");
    const commands = host.lines
      .filter((line) => line.startsWith("MAIL"))
      .map((line) => line.replace(/ SIZE=\d+/, ""));
    expect(commands).toEqual([
      "MAIL FROM:<a@sender.test> BODY=8BITMIME",
      "MAIL FROM:<a@sender.test> BODY=8BITMIME SMTPUTF8",
      "MAIL FROM:<a@sender.test> SMTPUTF8",
      "MAIL FROM:<a@sender.test>",
    ]);
    expect(host.lines).toContain(`RCPT TO:<${Buffer.from("j\u00fcrgen").toString("latin1")}@good.test>`);
    expect(host.messages.map(({ raw }) => Buffer.from(raw, "latin1").toString())).toEqual(
      [eight, utf8, RAW, RAW].map(String),
    );
  });

  it("refuses a message that would have to be converted, with the code for it, and nothing is sent", async () => {
    const host = await internet.domain("old.test", { extensions: ["PIPELINING", "SIZE 1000"] });
    start();
    expect(kinds(await client.send("b@old.test", { raw: eight }))).toEqual(["refused null 5.6.3 protocol"]);
    expect(kinds(await client.send("b@old.test", { raw: utf8 }))).toEqual(["refused null 5.6.9 protocol"]);
    expect(kinds(await client.send("j\u00fcrgen@old.test"))).toEqual(["refused null 5.6.7 protocol"]);
    const large = Buffer.from(`Subject: x\r\n\r\n${"y\r\n".repeat(1000)}`);
    expect(kinds(await client.send("b@old.test", { raw: large }))).toEqual(["refused null 5.3.4 content"]);
    expect(host.lines.filter((line) => line.startsWith("MAIL"))).toEqual([]);
  });

  it.each([
    ["bare LF", "Subject: x\r\n\r\na\nb\r\n"],
    ["bare CR", "Subject: x\r\n\r\na\rb\r\n"],
    ["NUL", "Subject: x\r\n\r\na\0b\r\n"],
    ["a smuggled end", "Subject: x\r\n\r\na\n.\r\nMAIL FROM:<b@x.test>\r\n"],
    ["a line of 999 octets", `Subject: x\r\n\r\n${"y".repeat(999)}\r\n`],
    ["a last line of 999 octets", `Subject: x\r\n\r\n${"y".repeat(999)}`],
  ])("a message with %s is not sent at all", async (_what, text) => {
    const host = await internet.domain("good.test");
    expect(kinds(await start().send("b@good.test", { raw: Buffer.from(text) }))).toEqual([
      "refused null 5.6.0 content",
    ]);
    expect(host.connections()).toBe(0);
  });

  it("a line of 998 octets is", async () => {
    await internet.domain("good.test");
    const raw = Buffer.from(`Subject: x\r\n\r\n${"y".repeat(998)}\r\n`);
    expect(kinds(await start().send("b@good.test", { raw }))).toEqual(["accepted 250 2.0.0 null"]);
  });
});
