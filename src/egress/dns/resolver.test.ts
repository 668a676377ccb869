import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { type NameServer, startNameServer } from "../../../test/support/internet/name-server.ts";
import type { Zone } from "../../../test/support/internet/zone.ts";
import { createResolver, type Resolver } from "./resolver.ts";

let directory: string;
let dns: NameServer;
let resolver: Resolver;
let nowMs: number;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "rookery-dns-"));
  await writeFile(join(directory, "hosts"), "10.0.0.1 desk desk.test\n");
});
afterAll(() => rm(directory, { recursive: true, force: true }));
beforeEach(async () => {
  nowMs = 1;
  dns = await startNameServer({});
  const clock = { now: () => new Date(), monotonicMs: () => nowMs };
  resolver = createResolver({ servers: [dns.server], clock, hostsFile: join(directory, "hosts") });
});
afterEach(() => {
  resolver.close();
  dns.close();
});

const zone = (more: Zone): unknown => Object.assign(dns.zone, more);
const failureOf = (host: string, tenant = "pod"): Promise<string> =>
  resolver.resolve(host, tenant).then(
    () => "none",
    (error: Error) => error.message,
  );

it("a name has its addresses of both families, as the server says", async () => {
  zone({ "both.test": ["192.0.2.1", "2001:db8::1", "192.0.2.2"], "v6.test": ["2001:db8::2"] });
  expect(await resolver.resolve("Both.Test.", "pod")).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
  expect(await resolver.resolve("v6.test", "pod")).toEqual(["2001:db8::2"]);
  expect(await resolver.resolve("absent.test", "pod")).toEqual([]);
});

it("a name is followed through aliases that the server leaves to us, and aliases that loop are no answer", async () => {
  zone({
    "away.test": { CNAME: "web.elsewhere" },
    "web.elsewhere": ["192.0.2.3"],
    "ping.test": { CNAME: "pong.test" },
    "pong.test": { CNAME: "ping.test" },
  });
  expect(await resolver.resolve("away.test", "pod")).toEqual(["192.0.2.3"]);
  expect(await failureOf("ping.test")).toMatch(/loop/);
});

it("the hosts file and localhost come before the servers, which are not asked", async () => {
  zone({ "desk.test": ["192.0.2.1"], localhost: ["192.0.2.1"] });
  expect(await resolver.resolve("DESK.test", "pod")).toEqual(["10.0.0.1"]);
  expect(await resolver.resolve("deep.localhost", "pod")).toEqual(["127.0.0.1", "::1"]);
  expect(dns.questions).toEqual([]);
});

it("an answer is kept for a while, and so is a failure, and then they are asked for again", async () => {
  zone({ "moving.test": ["192.0.2.1"], "refused.test": "refused" });
  await resolver.resolve("moving.test", "pod");
  expect(await failureOf("refused.test")).toMatch(/REFUSED/);
  const asked = dns.questions.length;
  zone({ "moving.test": ["192.0.2.2"], "refused.test": ["192.0.2.3"] });
  expect(await resolver.resolve("moving.test", "pod")).toEqual(["192.0.2.1"]);
  expect(await failureOf("refused.test")).toMatch(/REFUSED/);
  expect(dns.questions).toHaveLength(asked);
  nowMs += 31_000;
  expect(await resolver.resolve("moving.test", "pod")).toEqual(["192.0.2.2"]);
  expect(await resolver.resolve("refused.test", "pod")).toEqual(["192.0.2.3"]);
});

it("one question is asked for all who wait for the same name", async () => {
  zone({ "busy.test": ["192.0.2.1"] });
  const found = await Promise.all(
    Array.from({ length: 20 }, (_, pod) => resolver.resolve("busy.test", `${pod}`)),
  );
  expect(found).toEqual(Array(20).fill(["192.0.2.1"]));
  expect(dns.questions.toSorted()).toEqual(["A busy.test", "AAAA busy.test"]);
});

it("an answer to another question is not believed", async () => {
  zone({ "forged.test": "forged" });
  expect(await failureOf("forged.test")).toMatch(/TIMEOUT|in time/);
});

it("a tenant whose names are silent delays no other's, and holds a part of the look-ups only", async () => {
  const silent = Array.from({ length: 40 }, (_, index) => `silent-${index}.test`);
  zone(Object.fromEntries(silent.map((name) => [name, "silent"])));
  zone({ "other.test": ["192.0.2.1"] });
  const failures = Promise.all(silent.map((name) => failureOf(name, "flood")));
  await eventually("the first questions", async () => dns.questions.length > 0);
  expect(await resolver.resolve("other.test", "neighbour")).toEqual(["192.0.2.1"]);
  // Of those forty, eight were asked so far.
  expect(new Set(dns.questions.filter((one) => one.includes("silent"))).size).toBeLessThanOrEqual(16);
  // Ended by the stop, not by the deadlines of five rounds.
  resolver.close();
  expect(new Set(await failures).size).toBeGreaterThan(0);
  expect(new Set(dns.questions.filter((one) => one.includes("silent"))).size).toBeLessThanOrEqual(16);
});
