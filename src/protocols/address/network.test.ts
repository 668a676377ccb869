import { expect, test } from "vitest";
import { isNetwork, networkList, networkOf } from "./network.ts";

test.each([
  ["192.0.2.1", "192.0.2.0/24"],
  ["192.0.2.255", "192.0.2.0/24"],
  ["192.0.3.1", "192.0.3.0/24"],
  ["::ffff:192.0.2.1", "192.0.2.0/24"],
  ["2001:db8:1:2::1", "2001:db8:1::/48"],
  ["2001:0db8:0001:ffff:ffff::9", "2001:db8:1::/48"],
  ["2001:db8:2:2::1", "2001:db8:2::/48"],
  ["::1", "0:0:0::/48"],
  ["", ""],
  ["no address", "no address"],
])("%s counts as one of %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("a list has the addresses of its networks, however they are written, and no others", () => {
  const has = networkList(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"]);
  for (const address of ["10.255.0.1", "::ffff:10.1.1.1", "192.0.2.7", "2001:db8:ffff::1", "::1"])
    expect(has(address), address).toBe(true);
  for (const address of ["11.0.0.1", "192.0.2.8", "2001:db9::1", "::2", "", "10.0.0"])
    expect(has(address), address).toBe(false);
  expect(networkList([])("10.0.0.1")).toBe(false);
});

test("a list gives the same answer again, and after more addresses than it remembers", () => {
  const has = networkList(["10.0.0.0/9"]);
  const addresses = Array.from({ length: 2500 }, (_, index) => `10.${index % 256}.${index >> 8}.1`);
  for (let times = 0; times < 2; times++)
    expect(addresses.filter(has)).toEqual(addresses.filter((_, index) => index % 256 < 128));
});

test("a network is an address or a prefix with its length", () => {
  for (const text of ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"])
    expect(isNetwork(text), text).toBe(true);
  for (const text of ["", "10.0.0.0/33", "proxy.example.com", "10.0.0.0/", "::/129"])
    expect(isNetwork(text), text).toBe(false);
});
