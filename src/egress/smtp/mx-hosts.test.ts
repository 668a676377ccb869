import { afterEach, beforeEach, expect, it } from "vitest";
import { at } from "../../../test/support/internet/behaviours.ts";
import { internetClient, type TestClient } from "../../../test/support/internet/client.ts";
import { type Internet, startInternet } from "../../../test/support/internet/internet.ts";
import type { MailHost } from "../../../test/support/internet/mail-host.ts";
import { DEADLINES } from "./limits.ts";
import type { DeliveryOutcome } from "./outcome.ts";

let internet: Internet;
let client: TestClient;
let first: MailHost;
let second: MailHost;
beforeEach(async () => {
  internet = await startInternet();
  first = await internet.host("one.mx.test");
  second = await internet.host("two.mx.test");
  client = internetClient(internet);
});
afterEach(() => {
  client.close();
  internet.close();
});

const domain = (...mx: readonly string[]): void => internet.zone({ "good.test": { MX: mx } });
const said = ({ recipients: [recipient], mx }: DeliveryOutcome): string =>
  `${recipient?.kind} ${recipient?.code} ${recipient?.enhancedCode} ${mx}`;
const send = async (to = "b@good.test"): Promise<string> => said(await client.send(to));
const DEAD = "127.0.0.200";

it("the host with the least preference value is asked first, and the next when it cannot be reached or takes nothing now", async () => {
  domain("20 one.mx.test", "10 two.mx.test");
  expect(await send()).toBe("accepted 250 2.0.0 two.mx.test");
  internet.zone({ "dead.mx.test": [DEAD] });
  internet.zone({ "b.test": { MX: ["5 dead.mx.test", "10 gone.mx.test", "20 one.mx.test"] } });
  expect(await send("b@b.test")).toBe("accepted 250 2.0.0 one.mx.test");
  for (const script of [
    { answer: at("GREETING", "421 busy") },
    { answer: at("GREETING", "554 not you") },
    { answer: at("EHLO", "drop") },
    { answer: at("MAIL", "451 4.3.0 later") },
    { answer: at("MAIL", "drop") },
    { extensions: [], tls: "none" } as const,
  ]) {
    second.script = script;
    second.dropAll();
    const eight = { raw: Buffer.from("Subject: x\r\n\r\n\u00fc\r\n") };
    expect(said(await client.send("b@good.test", eight))).toBe("accepted 250 2.0.0 one.mx.test");
  }
});

it("what a host refuses, or defers for a recipient, is not asked of another", async () => {
  domain("10 two.mx.test", "20 one.mx.test");
  second.script = { answer: at("RCPT", "450 4.7.1 greylisted") };
  expect(await send()).toBe("deferred 450 4.7.1 two.mx.test");
  second.script = { answer: at("MAIL", "550 5.7.1 no") };
  expect(await send()).toBe("refused 550 5.7.1 two.mx.test");
  second.script = { answer: at("MESSAGE", "drop") };
  expect(await send()).toBe("deferred null 4.4.2 two.mx.test");
  expect(first.connections()).toBe(0);
});

it("hosts of equal preference share the mail", async () => {
  domain("10 one.mx.test", "10 two.mx.test");
  const lots = [0.1, 0.9, 0.9, 0.1];
  client.close();
  client = internetClient(internet, { random: () => lots.shift() ?? 0 });
  expect([await send(), await send()]).toEqual([
    "accepted 250 2.0.0 one.mx.test",
    "accepted 250 2.0.0 two.mx.test",
  ]);
});

it("all addresses of a host are tried, of either family", async () => {
  internet.zone({ "many.mx.test": [DEAD, "127.0.0.201", "2001:db8::1", "127.0.0.3"] });
  domain("10 many.mx.test");
  expect(await client.send("b@good.test")).toMatchObject({
    mxAddress: "127.0.0.3",
    recipients: [{ kind: "accepted" }],
  });
});

it("a domain without MX records is its own host, through an alias too; one that does not exist is refused", async () => {
  internet.zone({ "bare.test": ["127.0.0.2"], "alias.test": { CNAME: "bare.test" } });
  expect(await send("b@bare.test")).toBe("accepted 250 2.0.0 bare.test");
  expect(await send("b@alias.test")).toBe("accepted 250 2.0.0 alias.test");
  expect(await send("b@absent.test")).toBe("refused null 5.1.2 null");
  internet.zone({ "empty.test": {} });
  expect(await send("b@empty.test")).toBe("refused null 5.4.4 null");
});

it("a null MX says that no mail is taken, though there is an address", async () => {
  internet.zone({ "null.test": { MX: ["0 ."], A: ["127.0.0.2"] } });
  expect(await send("b@null.test")).toBe("refused null 5.1.10 null");
  internet.zone({ "odd.test": { MX: ["0 .", "10 one.mx.test"] } });
  expect(await send("b@odd.test")).toBe("accepted 250 2.0.0 one.mx.test");
});

it("a domain in Unicode is looked up in A-labels, and an address literal is an address", async () => {
  internet.zone({ "xn--bcher-kva.test": { MX: ["10 one.mx.test"] } });
  expect(await send("b@B\u00fccher.test")).toBe("accepted 250 2.0.0 one.mx.test");
  expect(first.lines).toContain("RCPT TO:<b@xn--bcher-kva.test>");
  expect(await send("b@[127.0.0.3]")).toBe("accepted 250 2.0.0 127.0.0.3");
  expect(await send("b@a..test")).toBe("refused null 5.1.2 null");
});

it.each(["servfail", "refused", "garbage"] as const)(
  "look-ups that fail (%s) defer the mail",
  async (failure) => {
    internet.zone({ "bad.test": failure, "half.test": { MX: ["10 bad.test"] } });
    expect(await send("b@bad.test")).toBe("deferred null 4.4.3 null");
    expect(await send("b@half.test")).toBe("deferred null 4.4.3 null");
  },
);

it("aliases that loop defer the mail", async () => {
  internet.zone({ "ping.test": { CNAME: "pong.test" }, "pong.test": { CNAME: "ping.test" } });
  expect(await send("b@ping.test")).toBe("deferred null 4.4.3 null");
});

it.each([
  ["an alias of a host", ["10 alias.mx.test"], "accepted 250 2.0.0 alias.mx.test"],
  ["aliases that loop", ["10 ping.mx.test"], "deferred null 4.4.3 null"],
  ["an alias of itself", ["10 self.mx.test"], "deferred null 4.4.3 null"],
  ["too many aliases", ["10 a0.mx.test"], "deferred null 4.4.3 null"],
  ["an alias of a name that fails", ["10 to-bad.mx.test"], "deferred null 4.4.3 null"],
  ["a name that fails", ["10 bad.mx.test"], "deferred null 4.4.3 null"],
  ["an alias of no name", ["10 to-gone.mx.test"], "refused null 5.4.4 null"],
  ["no name", ["10 gone.mx.test"], "refused null 5.4.4 null"],
  ["no names", ["10 gone.mx.test", "20 gone2.mx.test"], "refused null 5.4.4 null"],
  ["no name, and a loop", ["10 gone.mx.test", "20 ping.mx.test"], "deferred null 4.4.3 null"],
  ["a loop, and a host", ["10 ping.mx.test", "20 one.mx.test"], "accepted 250 2.0.0 one.mx.test"],
  ["no name, and a host", ["10 gone.mx.test", "20 one.mx.test"], "accepted 250 2.0.0 one.mx.test"],
])(
  "an MX host that is %s: absent is refused, and what is no answer is put off",
  async (_what, mx, expected) => {
    internet.zone({
      "alias.mx.test": { CNAME: "one.mx.test" },
      "ping.mx.test": { CNAME: "pong.mx.test" },
      "pong.mx.test": { CNAME: "ping.mx.test" },
      "self.mx.test": { CNAME: "self.mx.test" },
      "bad.mx.test": "servfail",
      "to-bad.mx.test": { CNAME: "bad.mx.test" },
      "to-gone.mx.test": { CNAME: "gone.mx.test" },
      ...Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [`a${index}.mx.test`, { CNAME: `a${index + 1}.mx.test` }]),
      ),
    });
    domain(...mx);
    expect(await send()).toBe(expected);
  },
);

it("of a thousand hosts ten are tried, the best first", async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `h${index}.mx.test`);
  internet.zone(Object.fromEntries(names.map((name) => [name, [DEAD]])));
  domain(...names.map((name, index) => `${1000 - index} ${name}`));
  expect(await send()).toBe("deferred null 4.4.1 h990.mx.test");
  const asked = internet.dns.questions.filter((one) => /^A h/.test(one));
  expect(asked).toEqual(
    names
      .slice(990)
      .map((name) => `A ${name}`)
      .toReversed(),
  );
});

it("where this installation is one of the hosts, its equals and those behind it are left out", async () => {
  domain("10 one.mx.test", "20 mx.sender.test", "20 two.mx.test");
  first.script = { answer: at("GREETING", "421 busy") };
  expect(await send()).toBe("deferred 421 null one.mx.test");
  domain("20 mx.sender.test", "20 one.mx.test");
  client.close();
  client = internetClient(internet);
  expect(await send()).toBe("refused null 5.4.6 null");
  expect([first.connections(), second.connections()]).toEqual([1, 0]);
});

it.each([
  ["loopback", ["127.0.0.2"], "refused null 5.4.4 null"],
  ["private", ["10.0.0.1"], "refused null 5.4.4 null"],
  ["a mix", ["93.184.215.14", "127.0.0.2"], "refused null 5.4.4 null"],
  ["mapped loopback", ["::ffff:127.0.0.2"], "refused null 5.4.4 null"],
  ["our own", ["93.184.215.14"], "refused null 5.4.6 null"],
])("a host at %s is not spoken to", async (_what, addresses, expected) => {
  internet.zone({ "inside.mx.test": addresses, "inside.test": { MX: ["10 inside.mx.test"] } });
  client.close();
  client = internetClient(internet, { allowPrivate: false, ownAddresses: () => new Set(["93.184.215.14"]) });
  expect(await send("b@inside.test")).toBe(expected);
  expect(await send("b@[127.0.0.2]")).toBe("refused null 5.4.4 null");
  expect(first.connections()).toBe(0);
});

it("no further host is tried when the time for it is over", async () => {
  internet.zone({ "dead.mx.test": [DEAD] });
  domain("10 dead.mx.test", "20 one.mx.test");
  let nowMs = 0;
  const clock = { now: () => new Date(), monotonicMs: () => (nowMs += 200_000) };
  client.close();
  client = internetClient(internet, { clock, deadlines: DEADLINES });
  expect(await send()).toMatch(/^deferred null 4\.4\.1 /);
  expect(first.connections()).toBe(0);
});
