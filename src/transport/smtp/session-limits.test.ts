import { expect, test } from "vitest";
import { createSessionLimits, type SessionLimits } from "./session-limits.ts";
import { createKnownSenders } from "./transfers.ts";

/** Limits of a listener to which every network has brought mail but those below 198. */
function limitsOf(total: number, perNetwork: number): SessionLimits {
  const known = createKnownSenders(() => 0);
  return createSessionLimits(total, perNetwork, {
    ...known,
    has: (network) => known.has(network) || !network.startsWith("198."),
  });
}

/** Ids of the sessions that are admitted of `count` from an address. */
const admitted = (limits: SessionLimits, address: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${address}#${index}`).filter(
    (id) => limits.admit(id, address) === null,
  );

test("sessions are limited in all and per network, and one that ended makes way for another", () => {
  const limits = limitsOf(5, 2);
  expect(limits.admit("a", "192.0.2.1")).toBeNull();
  expect(limits.admit("b", "192.0.2.200")).toBeNull();
  expect(limits.admit("c", "192.0.2.1")).toMatch(/^4\.7\.0 /);
  for (const network of [3, 4, 5]) expect(limits.admit(`d${network}`, `192.0.${network}.1`)).toBeNull();
  expect(limits.admit("e", "192.0.6.1")).toMatch(/^4\.3\.2 /);
  limits.release("a");
  expect(limits.admit("f", "192.0.6.1")).toBeNull();
});

test("one network alone gets half of the places, and four do not keep a fifth out", () => {
  const limits = limitsOf(200, 1000);
  expect(admitted(limits, "192.0.2.1", 200)).toHaveLength(100);
  const four = limitsOf(200, 50);
  for (const network of [1, 2, 3, 4]) admitted(four, `192.0.${network}.1`, 200);
  expect(admitted(four, "192.0.5.1", 20)).toHaveLength(13);
});

test("a session that was refused releases no other", () => {
  const limits = limitsOf(10, 1);
  expect(limits.admit("a", "192.0.2.1")).toBeNull();
  for (const id of ["b", "c"]) {
    expect(limits.admit(id, "192.0.2.1")).not.toBeNull();
    limits.release(id);
  }
  limits.release("unknown");
  expect(limits.admit("d", "192.0.2.1")).not.toBeNull();
});

test("a network that has its share is made room for among its own sessions only", () => {
  const limits = limitsOf(10, 2);
  const own = admitted(limits, "192.0.2.1", 2);
  const others = admitted(limits, "192.0.3.1", 2);
  expect(limits.whoseEndAdmits("192.0.2.9", others)).toBeNull();
  expect(limits.whoseEndAdmits("192.0.2.9", [...others, ...own])).toBe(own[0]);
});

test("a network without a session is made room for by the network with most", () => {
  const limits = limitsOf(4, 3);
  const many = admitted(limits, "192.0.2.1", 2);
  const few = [...admitted(limits, "192.0.3.1", 1), ...admitted(limits, "192.0.4.1", 1)];
  expect(limits.admit("newcomer", "192.0.5.1")).toMatch(/^4\.3\.2 /);
  expect(limits.whoseEndAdmits("192.0.5.1", [...few, ...many])).toBe(many[0]);
  expect(limits.whoseEndAdmits("192.0.5.1", [])).toBeNull();
});

test("networks that have brought nothing leave a quarter of the places to those that have", () => {
  const limits = limitsOf(8, 2);
  for (let network = 1; network <= 6; network++)
    expect(limits.admit(`stranger-${network}`, `198.51.${network}.1`)).toBeNull();
  expect(limits.admit("seventh", "198.51.7.1")).toMatch(/^4\.3\.2 /);
  expect(limits.admit("known", "192.0.2.1")).toBeNull();
  limits.brought("stranger-1");
  expect(limits.admit("seventh", "198.51.7.1")).toBeNull();
  expect(limits.admit("eighth", "198.51.8.1")).toMatch(/^4\.3\.2 /);
});

test("a network that was made room for has to bring something before it is known again", () => {
  const limits = limitsOf(4, 2);
  expect(limits.admit("first", "198.51.1.1")).toBeNull();
  limits.brought("first");
  limits.madeWay("first");
  for (let network = 2; network <= 3; network++)
    expect(limits.admit(`stranger-${network}`, `198.51.${network}.1`)).toBeNull();
  expect(limits.admit("fourth", "198.51.4.1")).toMatch(/^4\.3\.2 /);
});

test("a network that has brought mail is made room for by one that has not, and not the other way round", () => {
  const limits = limitsOf(4, 2);
  const known = admitted(limits, "192.0.2.1", 2);
  const strangers = admitted(limits, "198.51.1.1", 1);
  admitted(limits, "192.0.3.1", 1);
  expect(limits.whoseEndAdmits("192.0.4.1", [...known, ...strangers])).toBe(strangers[0]);
  const full = limitsOf(4, 2);
  const helps = [1, 2, 3].flatMap((network) => admitted(full, `198.51.${network}.1`, 1));
  const others = admitted(full, "192.0.2.1", 1);
  expect(full.whoseEndAdmits("198.51.9.1", others)).toBeNull();
  expect(full.whoseEndAdmits("198.51.9.1", [...others, ...helps])).toBe(helps[0]);
});
