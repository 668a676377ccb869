import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import { isPublicAddress } from "./ip-range.ts";

test.each([
  "1.1.1.1",
  "8.8.8.8",
  "93.184.215.14",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
  "198.17.255.255",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2a00:1450:4001:80b::200e",
  "2A00:1450:4001:80B::200E",
])("%s is public", (ip) => {
  expect(isPublicAddress(ip)).toBe(true);
});

test.each([
  ["unspecified", "0.0.0.0"],
  ["this network", "0.1.2.3"],
  ["private", "10.0.0.1"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["carrier-grade NAT", "100.127.255.255"],
  ["loopback", "127.0.0.1"],
  ["loopback", "127.255.255.254"],
  ["link-local: cloud metadata", "169.254.169.254"],
  ["private", "172.16.0.1"],
  ["private", "172.31.255.255"],
  ["protocol assignments", "192.0.0.1"],
  ["documentation", "192.0.2.1"],
  ["6to4 relays", "192.88.99.1"],
  ["private", "192.168.0.1"],
  ["benchmarking", "198.18.0.1"],
  ["documentation", "198.51.100.1"],
  ["documentation", "203.0.113.1"],
  ["multicast", "224.0.0.1"],
  ["reserved", "240.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["unspecified", "::"],
  ["loopback", "::1"],
  ["loopback", "0:0:0:0:0:0:0:1"],
  ["IPv4-compatible loopback", "::127.0.0.1"],
  ["IPv4-compatible private", "::a00:1"],
  ["IPv4-mapped loopback", "::ffff:127.0.0.1"],
  ["IPv4-mapped private", "::ffff:a00:1"],
  ["IPv4-translated", "::ffff:0:10.0.0.1"],
  ["NAT64 of a private address", "64:ff9b::10.0.0.1"],
  ["NAT64 of a private address, local prefix", "64:ff9b:1::a00:1"],
  ["6to4 of a private address", "2002:a00:1::1"],
  ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["link-local", "fe80::1"],
  ["link-local with a zone", "fe80::1%eth0"],
  ["a zone on a public address", "2606:4700:4700::1111%eth0"],
  ["site-local", "fec0::1"],
  ["unique local", "fc00::1"],
  ["unique local: cloud metadata", "fd00:ec2::254"],
  ["multicast", "ff02::1"],
  ["documentation", "2001:db8::1"],
  ["documentation", "3fff::1"],
  ["discard", "100::1"],
  ["never given out", "4000::1"],
  ["segment routing", "5f00::1"],
  ["short form of loopback", "127.1"],
  ["decimal form of loopback", "2130706433"],
  ["hexadecimal form of loopback", "0x7f.0.0.1"],
  ["octal form of 10.0.0.1", "012.0.0.1"],
  ["a public address with a leading zero", "08.8.8.8"],
  ["a range", "8.8.8.0/24"],
  ["a port", "8.8.8.8:80"],
  ["brackets", "[2606:4700:4700::1111]"],
  ["a name", "localhost"],
  ["white space", " 8.8.8.8"],
  ["a line break", "8.8.8.8\n"],
  ["nothing", ""],
])("%s is not public: %s", (_why, ip) => {
  expect(isPublicAddress(ip)).toBe(false);
});

test("no IPv6 address that carries a private IPv4 address is public", () => {
  const privateOctets = fc
    .tuple(fc.constantFrom("10.0", "127.0", "169.254", "172.16", "192.168"), fc.nat(255), fc.nat(255))
    .map(([start, third, fourth]) => `${start}.${third}.${fourth}`);
  const prefixes = fc.constantFrom("::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::");
  fc.assert(
    fc.property(prefixes, privateOctets, (prefix, ip) => isPublicAddress(prefix + ip) === false),
    { seed: 0x5eed, numRuns: 500 },
  );
});

test("any text gets an answer", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: codePoint }), fc.ipV4Extended(), fc.ipV6()),
      (text) => typeof isPublicAddress(text) === "boolean",
    ),
    { seed: 0x5eed, numRuns: 1000 },
  );
});
