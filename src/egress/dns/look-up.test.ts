import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { type NameServer, startNameServer } from "../../../test/support/internet/name-server.ts";
import type { Zone } from "../../../test/support/internet/zone.ts";
import type { Answer, RecordType } from "../../protocols/dns/look-up.ts";
import { createResolver, type Resolver } from "./resolver.ts";

let dns: NameServer;
let resolver: Resolver;
let nowMs: number;
beforeEach(async () => {
  nowMs = 1;
  dns = await startNameServer({});
  const clock = { now: () => new Date(), monotonicMs: () => nowMs };
  resolver = createResolver({ servers: [dns.server], clock });
});
afterEach(() => {
  resolver.close();
  dns.close();
});

const zone = (more: Zone): unknown => Object.assign(dns.zone, more);
const lookUp = <Type extends RecordType>(
  name: string,
  type: Type,
  maxAgeMs?: number,
): Promise<Answer<Type>> =>
  resolver.lookUp({ name, type, tenant: "pod", ...(maxAgeMs !== undefined && { maxAgeMs }) });
const found = (records: unknown) => ({ kind: "found", records });
const mx = (priority: number, exchange: string) => ({ type: "MX", priority, exchange });
const NO_NAME = { kind: "absent", nameExists: false };
const NO_RECORD = { kind: "absent", nameExists: true };
const failed = (why: RegExp) => ({ kind: "failed", why: expect.stringMatching(why) });

it("records of every type come as node:dns gives them", async () => {
  zone({
    "all.test": {
      A: ["192.0.2.1", "192.0.2.2"],
      AAAA: ["2001:db8::1"],
      MX: ["10 mx1.all.test.", "20 mx2.all.test"],
      TXT: ["v=spf1 -all", "a".repeat(300)],
    },
    "null.test": { MX: ["0 ."] },
    "1.2.0.192.in-addr.arpa": { PTR: ["mx1.all.test"] },
    "_submission._tcp.all.test": { SRV: ["1 2 587 mx1.all.test"] },
    "_25._tcp.mx1.all.test": { TLSA: ["3 1 1 0102ff"] },
    "www.all.test": { CNAME: "all.test" },
  });
  expect(await lookUp("all.test", "A")).toEqual(found(["192.0.2.1", "192.0.2.2"]));
  expect(await lookUp("ALL.test.", "AAAA")).toEqual(found(["2001:db8::1"]));
  expect(await lookUp("all.test", "MX")).toEqual(found([mx(10, "mx1.all.test"), mx(20, "mx2.all.test")]));
  expect(await lookUp("null.test", "MX")).toEqual(found([mx(0, "")]));
  expect(await lookUp("all.test", "TXT")).toEqual(
    found([["v=spf1 -all"], ["a".repeat(255), "a".repeat(45)]]),
  );
  expect(await lookUp("1.2.0.192.in-addr.arpa", "PTR")).toEqual(found(["mx1.all.test"]));
  expect(await lookUp("_submission._tcp.all.test", "SRV")).toEqual(
    found([{ type: "SRV", priority: 1, weight: 2, port: 587, name: "mx1.all.test" }]),
  );
  expect(await lookUp("_25._tcp.mx1.all.test", "TLSA")).toEqual(
    found([{ certUsage: 3, selector: 1, match: 1, data: new Uint8Array([1, 2, 255]).buffer }]),
  );
  expect(await lookUp("www.all.test", "CNAME")).toEqual(found(["all.test"]));
  expect(await lookUp("www.all.test", "MX")).toMatchObject({ records: [{ priority: 10 }, { priority: 20 }] });
});

it("an absent name and a name without such records are answers, and told apart", async () => {
  zone({ "bare.test": ["192.0.2.1"], "deep.parent.test": ["192.0.2.1"] });
  expect(await lookUp("absent.test", "MX")).toEqual(NO_NAME);
  expect(await lookUp("bare.test", "MX")).toEqual(NO_RECORD);
  expect(await lookUp("parent.test", "TXT")).toEqual(NO_RECORD);
});

it.each(["", ".", "a..test", "white space.test", "bücher.test", `${"a".repeat(64)}.test`, "a.".repeat(130)])(
  "%j is no name, and is not asked for",
  async (name) => {
    expect(await lookUp(name, "TXT")).toEqual(NO_NAME);
    expect(dns.questions).toEqual([]);
  },
);

it.each([
  ["servfail", /ESERVFAIL/],
  ["refused", /EREFUSED/],
  ["silent", /ETIMEOUT|in time/],
  ["forged", /ETIMEOUT|in time/],
  ["misnamed", /ETIMEOUT|in time|EBADRESP/],
  ["garbage", /EBADRESP|ETIMEOUT|EFORMERR|in time/],
  ["cut", /ECONNREFUSED|ETIMEOUT|EBADRESP|in time/],
] as const)("a server that answers %s has not answered, of any type", async (failure, why) => {
  zone({ "bad.test": failure, "half.test": { A: ["192.0.2.1"], MX: failure } });
  const answers = await Promise.all([
    ...(["A", "MX", "TXT"] as const).map((type) => lookUp("bad.test", type)),
    lookUp("half.test", "MX"),
  ]);
  expect(answers).toEqual(answers.map(() => failed(why)));
  expect(await lookUp("half.test", "A")).toEqual(found(["192.0.2.1"]));
});

it("a name whose server answers nonsense spoils no other tenant's answer that is under way", async () => {
  const broken = Array.from({ length: 16 }, (_, index) => `garbage-${index}.test`);
  const large = Array.from({ length: 8 }, (_, index) => `large-${index}.test`);
  const sound = Array.from({ length: 16 }, (_, index) => `sound-${index}.test`);
  const texts = Array.from({ length: 40 }, () => "x".repeat(240));
  zone(Object.fromEntries(broken.map((name, index) => [name, index % 2 === 0 ? "garbage" : "cut"])));
  zone(Object.fromEntries(sound.map((name) => [name, { A: ["192.0.2.1"], TXT: ["v=spf1 -all"] }])));
  zone(Object.fromEntries(large.map((name) => [name, { TXT: texts }])));
  const nonsense = Promise.all(broken.map((name) => resolver.lookUp({ name, type: "TXT", tenant: "flood" })));
  const answers = await Promise.all([...sound, ...large].map((name) => lookUp(name, "TXT")));
  expect(answers.map(({ kind }) => kind)).toEqual(answers.map(() => "found"));
  expect(await Promise.all(sound.map((name) => resolver.resolve(name, "pod")))).toEqual(
    sound.map(() => ["192.0.2.1"]),
  );
  expect((await nonsense).map(({ kind }) => kind)).toEqual(broken.map(() => "failed"));
});

it("an answer too large for UDP is asked for over TCP, up to what a message holds", async () => {
  const texts = Array.from({ length: 240 }, (_, index) => `${index} ${"x".repeat(240)}`);
  zone({
    "large.test": { TXT: texts, MX: Array.from({ length: 1000 }, (_, one) => `${one} mx${one}.test`) },
  });
  const answer = await lookUp("large.test", "TXT");
  expect(answer.kind === "found" && answer.records.map(([text]) => text).toSorted()).toEqual(
    texts.toSorted(),
  );
  const many = await lookUp("large.test", "MX");
  expect(many.kind === "found" && many.records).toHaveLength(1000);
});

it("aliases are followed where the server does not, and a loop of them is no answer", async () => {
  zone({
    "one.test": { CNAME: "two.test" },
    "two.test": { CNAME: "three.test" },
    "three.test": { MX: ["10 mx.test"] },
    "dangling.test": { CNAME: "gone.elsewhere" },
    "self.test": { CNAME: "self.test" },
    "ping.test": { CNAME: "pong.test" },
    "pong.test": { CNAME: "ping.test" },
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`a${index}.test`, { CNAME: `a${index + 1}.test` }]),
    ),
  });
  expect(await lookUp("one.test", "MX")).toEqual(found([mx(10, "mx.test")]));
  expect(await lookUp("dangling.test", "MX")).toEqual(NO_NAME);
  expect(await lookUp("self.test", "MX")).toEqual(failed(/loop/));
  expect(await lookUp("ping.test", "TXT")).toEqual(failed(/loop/));
  expect(await lookUp("a0.test", "TXT")).toEqual(failed(/more than 11 aliases/));
});

it("an answer is kept for a minute, less when there is none, unless a newer one is asked for", async () => {
  zone({ "kept.test": { TXT: ["old"] }, "broken.test": "servfail" });
  const texts = (): Promise<unknown> =>
    Promise.all([lookUp("kept.test", "TXT"), lookUp("absent.test", "TXT"), lookUp("broken.test", "TXT")]);
  const old = await texts();
  zone({ "kept.test": { TXT: ["new"] }, "absent.test": { TXT: ["new"] }, "broken.test": { TXT: ["new"] } });
  const asked = dns.questions.length;
  expect(await texts()).toEqual(old);
  expect(dns.questions).toHaveLength(asked);
  expect(await lookUp("kept.test", "TXT", 0)).toEqual(found([["new"]]));
  zone({ "kept.test": { TXT: ["newer"] } });
  nowMs += 5001;
  expect(await texts()).toEqual([found([["new"]]), NO_NAME, found([["new"]])]);
  nowMs += 25_000;
  expect(await lookUp("absent.test", "TXT")).toEqual(found([["new"]]));
  nowMs += 30_000;
  expect(await lookUp("kept.test", "TXT")).toEqual(found([["newer"]]));
});

it("one question is asked for all who wait for the same records", async () => {
  zone({ "busy.test": { MX: ["10 mx.test"] } });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, pod) =>
      resolver.lookUp({ name: "busy.test", type: "MX", tenant: `${pod}` }),
    ),
  );
  expect(answers).toEqual(Array(50).fill(found([mx(10, "mx.test")])));
  expect(dns.questions).toEqual(["MX busy.test"]);
});

it("a tenant whose names are silent delays no other's, nor one who asks for a name that waits among them", async () => {
  const silent = Array.from({ length: 100 }, (_, index) => `silent-${index}.test`);
  zone(Object.fromEntries(silent.map((name) => [name, "silent"])));
  zone({ "shared.test": { MX: ["10 mx.test"] } });
  const flood = Promise.all(
    [...silent, "shared.test"].map((name) => resolver.lookUp({ name, type: "MX", tenant: "flood" })),
  );
  await eventually("the first questions", async () => dns.questions.length > 0);
  expect(await resolver.lookUp({ name: "shared.test", type: "MX", tenant: "neighbour" })).toEqual(
    found([mx(10, "mx.test")]),
  );
  expect(new Set(dns.questions.filter((one) => one.includes("silent"))).size).toBeLessThanOrEqual(32);
  resolver.close();
  expect((await flood).filter(({ kind }) => kind === "failed").length).toBeGreaterThan(0);
});
