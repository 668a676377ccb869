import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { at } from "../../../test/support/internet/behaviours.ts";
import { internetClient, type TestClient } from "../../../test/support/internet/client.ts";
import { type Internet, startInternet } from "../../../test/support/internet/internet.ts";
import type { MailHost } from "../../../test/support/internet/mail-host.ts";

let internet: Internet;
let host: MailHost;
let client: TestClient;
beforeEach(async () => {
  internet = await startInternet();
  host = await internet.domain("good.test");
  client = internetClient(internet);
});
afterEach(() => {
  client.close();
  internet.close();
});

const sendOne = async (to = "b@good.test"): Promise<string | undefined> =>
  (await client.send(to)).recipients.map(({ kind }) => kind)[0];

it("messages to the same host go over one connection, one after the other, whatever pod and domain they are of", async () => {
  internet.zone({ "also.test": { MX: ["10 mx.good.test"] } });
  for (const [index, to] of ["a@good.test", "b@also.test", "c@good.test"].entries())
    expect((await client.send(to, { tenant: `pod ${index}` })).recipients).toMatchObject([
      { kind: "accepted" },
    ]);
  expect(host.connections()).toBe(1);
  expect(host.messages.map(({ to }) => to)).toEqual([["a@good.test"], ["b@also.test"], ["c@good.test"]]);
  expect(client.counts()).toEqual({ opened: 1, reused: 2, idle: 1 });
});

it("messages at once have connections of their own", async () => {
  await Promise.all([sendOne(), sendOne(), sendOne()]);
  expect(host.connections()).toBe(3);
  expect(client.counts()).toEqual({ opened: 3, reused: 0, idle: 3 });
});

it("a connection takes a hundred messages, and is then ended by QUIT", async () => {
  for (let sent = 0; sent < 101; sent++) expect(await sendOne()).toBe("accepted");
  expect(host.connections()).toBe(2);
  expect(host.lines.filter((line) => line === "QUIT")).toHaveLength(1);
});

it("one that the server closed meanwhile is not used again, noticed or not", async () => {
  await sendOne();
  host.dropAll();
  await eventually("the end is seen", async () => client.counts().idle === 0);
  expect(await sendOne()).toBe("accepted");
  // Closed as the next message comes.
  let hasDropped = false;
  host.script = {
    answer: (step, _line, { connection }) => {
      if (step !== "MAIL" || connection !== 2) return null;
      hasDropped = true;
      return "drop";
    },
  };
  expect(await sendOne()).toBe("accepted");
  expect(hasDropped).toBe(true);
  expect(host.connections()).toBe(3);
});

it("one whose server says 421 to the next message is left, and the message goes over another", async () => {
  await sendOne();
  host.script = {
    answer: (step, _line, { connection }) => (step === "MAIL" && connection === 1 ? "421 idle" : null),
  };
  expect(await sendOne()).toBe("accepted");
  expect(host.connections()).toBe(2);
});

it("after a refusal the connection takes the next message", async () => {
  host.script = { answer: at("RCPT", "550 5.1.1 no") };
  expect(await sendOne()).toBe("refused");
  host.script = { answer: at("MESSAGE", "554 5.7.1 no") };
  expect(await sendOne()).toBe("refused");
  host.script = { answer: at("MAIL", "550 5.7.1 no") };
  expect(await sendOne()).toBe("refused");
  host.script = {};
  expect(await sendOne()).toBe("accepted");
  expect(host.connections()).toBe(1);
  expect(host.messages).toHaveLength(1);
});

it("a server that says something unasked between messages is not believed in the next", async () => {
  await sendOne();
  host.server.getConnections(() => undefined);
  host.script = { answer: at("MESSAGE", "250 2.0.0 ok\r\n250 2.0.0 and one more") };
  expect(await sendOne()).toBe("accepted");
  host.script = { answer: at("RCPT", "550 5.1.1 no") };
  expect(await sendOne()).toBe("refused");
});

it("at the end of the process connections that wait say QUIT, and those in use are broken off", async () => {
  await sendOne();
  host.script = { answer: at("MESSAGE", "silent") };
  const waiting = client.send("b@good.test");
  await eventually("the message is there", async () => host.messages.length === 2);
  client.close();
  expect((await waiting).recipients).toMatchObject([{ kind: "deferred", isDoubtful: true }]);
  await eventually("all connections are closed", async () => host.open() === 0);
});
