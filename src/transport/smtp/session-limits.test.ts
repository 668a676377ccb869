import { expect, test } from "vitest";
import { createSessionLimits } from "./session-limits.ts";

test("sessions are limited in all and per network, and one that ended makes way for another", () => {
  const limits = createSessionLimits(3, 2);
  expect(limits.admit("a", "192.0.2.1")).toBeNull();
  expect(limits.admit("b", "192.0.2.1")).toBeNull();
  expect(limits.admit("c", "192.0.2.1")).toMatch(/^4\.7\.0 /);
  expect(limits.admit("d", "192.0.2.2")).toBeNull();
  expect(limits.admit("e", "192.0.2.3")).toMatch(/^4\.3\.2 /);
  limits.release("a");
  expect(limits.admit("f", "192.0.2.1")).toBeNull();
});

test("a session that was refused releases no other", () => {
  const limits = createSessionLimits(10, 1);
  expect(limits.admit("a", "192.0.2.1")).toBeNull();
  for (const id of ["b", "c"]) {
    expect(limits.admit(id, "192.0.2.1")).not.toBeNull();
    limits.release(id);
  }
  limits.release("unknown");
  expect(limits.admit("d", "192.0.2.1")).not.toBeNull();
});

test("a network is an IPv4 address or an IPv6 /64, however it is written", () => {
  const shareLimits = (one: string, other: string): boolean => {
    const limits = createSessionLimits(2, 1);
    expect(limits.admit("a", one)).toBeNull();
    return limits.admit("b", other) !== null;
  };
  expect(shareLimits("::ffff:192.0.2.1", "192.0.2.1")).toBe(true);
  expect(shareLimits("192.0.2.1", "192.0.2.2")).toBe(false);
  expect(shareLimits("2001:db8:1:2::1", "2001:0db8:1:2:ffff::9")).toBe(true);
  expect(shareLimits("2001:db8:1:2::1", "2001:db8:1:3::1")).toBe(false);
  expect(shareLimits("", "")).toBe(true);
});
