import { afterEach, beforeEach, expect, it } from "vitest";
import { type NameServer, startNameServer } from "../../../test/support/internet/name-server.ts";
import { createValidatedLookUp, type ValidatedAnswer, type ValidatedLookUp } from "./validated-look-up.ts";

let dns: NameServer;
let nowMs: number;
let lookUp: ValidatedLookUp;
beforeEach(async () => {
  nowMs = 1;
  dns = await startNameServer({});
  dns.signed.add("signed.test");
  const clock = { now: () => new Date(), monotonicMs: () => nowMs };
  lookUp = createValidatedLookUp({ servers: [dns.server], clock });
});
afterEach(() => dns.close());

const address = (name: string, tenant = "pod"): Promise<ValidatedAnswer> =>
  lookUp({ name, type: "A", tenant });
const secure = (...octets: number[][]) => ({
  kind: "secure",
  records: octets.map((one) => Buffer.from(one)),
});

it("one question is asked for all who want the same, though most of them wait for their tenant's turn", async () => {
  Object.assign(dns.zone, { "signed.test": ["192.0.2.1"] });
  const answers = await Promise.all(Array.from({ length: 200 }, () => address("signed.test")));
  expect(answers).toEqual(Array(200).fill(secure([192, 0, 2, 1])));
  expect(dns.questions).toEqual(["A signed.test"]);
});

it("that a server vouches for there being none is an answer as well, and kept", async () => {
  const none = { kind: "secure", records: [] };
  expect([await address("absent.signed.test"), await address("absent.signed.test")]).toEqual([none, none]);
  expect(dns.questions).toEqual(["A absent.signed.test"]);
});

it("an answer is kept for a minute, and a failure for five seconds", async () => {
  Object.assign(dns.zone, {
    "signed.test": ["192.0.2.1"],
    "plain.test": ["192.0.2.1"],
    "b.signed.test": "servfail",
  });
  const all = (): Promise<unknown> =>
    Promise.all(["signed.test", "plain.test", "b.signed.test"].map((name) => address(name)));
  const old = await all();
  expect(old).toEqual([
    secure([192, 0, 2, 1]),
    { kind: "insecure" },
    { kind: "failed", why: "the name server answered with code 2" },
  ]);
  Object.assign(dns.zone, { "signed.test": ["192.0.2.2"], "b.signed.test": ["192.0.2.2"] });
  dns.signed.add("plain.test");
  const asked = dns.questions.length;
  expect(await all()).toEqual(old);
  expect(dns.questions).toHaveLength(asked);
  nowMs += 5001;
  expect(await all()).toEqual([secure([192, 0, 2, 1]), { kind: "insecure" }, secure([192, 0, 2, 2])]);
  nowMs += 55_000;
  expect(await all()).toEqual([secure([192, 0, 2, 2]), secure([192, 0, 2, 1]), secure([192, 0, 2, 2])]);
});

it("a tenant whose names are silent delays no other's, and what exceeds its queue is told so", async () => {
  const silent = Array.from({ length: 1040 }, (_, index) => `silent-${index}.test`);
  Object.assign(dns.zone, Object.fromEntries(silent.map((name) => [name, "silent"])));
  Object.assign(dns.zone, { "signed.test": ["192.0.2.1"] });
  const flood = silent.map((name) => address(name, "flood"));
  expect(await address("signed.test", "neighbour")).toEqual(secure([192, 0, 2, 1]));
  expect(new Set(dns.questions.filter((one) => one.includes("silent"))).size).toBeLessThanOrEqual(32);
  expect(await Promise.race(flood)).toEqual({
    kind: "failed",
    why: "too many look-ups of the same tenant are waiting",
  });
});
