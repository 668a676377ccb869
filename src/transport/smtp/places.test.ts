import { expect, test } from "vitest";
import { createPlaces } from "./places.ts";

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
  const sharePlaces = (one: string, other: string): boolean => {
    const places = createPlaces(2, 1);
    expect(places.take("a", one)).toBeNull();
    return places.take("b", other) !== null;
  };
  expect(sharePlaces("::ffff:192.0.2.1", "192.0.2.1")).toBe(true);
  expect(sharePlaces("192.0.2.1", "192.0.2.2")).toBe(false);
  expect(sharePlaces("2001:db8:1:2::1", "2001:0db8:1:2:ffff::9")).toBe(true);
  expect(sharePlaces("2001:db8:1:2::1", "2001:db8:1:3::1")).toBe(false);
  expect(sharePlaces("", "")).toBe(true);
});
