import { expect, test } from "vitest";
import { createPlaces, networkOf } from "./places.ts";

test("there are so many places in all and so many for one network, and freed ones are given again", () => {
  const places = createPlaces(3, 2);
  expect(places.take("a", "192.0.2.1")).toBeNull();
  expect(places.take("b", "192.0.2.1")).toBeNull();
  expect(places.take("c", "192.0.2.1")).toMatch(/^4\.7\.0 /);
  expect(places.take("d", "192.0.2.2")).toBeNull();
  expect(places.take("e", "192.0.2.3")).toMatch(/^4\.3\.2 /);
  places.free("a");
  expect(places.take("f", "192.0.2.1")).toBeNull();
});

test("a session that was refused frees no place of another", () => {
  const places = createPlaces(10, 1);
  expect(places.take("a", "192.0.2.1")).toBeNull();
  for (const id of ["b", "c"]) {
    expect(places.take(id, "192.0.2.1")).not.toBeNull();
    places.free(id);
  }
  places.free("unknown");
  expect(places.take("d", "192.0.2.1")).not.toBeNull();
});

test("a network is an IPv4 address or an IPv6 /64, however it is written", () => {
  expect(networkOf("::ffff:192.0.2.1")).toBe(networkOf("192.0.2.1"));
  expect(networkOf("192.0.2.1")).not.toBe(networkOf("192.0.2.2"));
  expect(networkOf("2001:db8:1:2::1")).toBe(networkOf("2001:0db8:1:2:ffff::9"));
  expect(networkOf("2001:db8:1:2::1")).not.toBe(networkOf("2001:db8:1:3::1"));
  expect(networkOf("")).toBe("");
});
