import { Socket } from "node:net";
import { expect, test } from "vitest";
import { networkList } from "../../protocols/address/network.ts";
import { clientNetwork } from "./client-network.ts";

const isProxy = networkList(["10.0.0.0/8"]);

/** A request as it came from `peer`. */
function from(peer: string, forwardedFor?: string) {
  const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: peer });
  return { socket, headers: forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor } };
}

test.each([
  ["a client without a proxy", from("192.0.2.1"), "192.0.2.0/24"],
  ["a client that claims to come through one", from("192.0.2.1", "198.51.100.1"), "192.0.2.0/24"],
  ["a client behind a proxy", from("10.0.0.1", "192.0.2.1"), "192.0.2.0/24"],
  [
    "one behind a proxy, with a claim of its own",
    from("10.0.0.1", "198.51.100.1, 192.0.2.1"),
    "192.0.2.0/24",
  ],
  ["one behind two proxies", from("10.0.0.1", "192.0.2.1, 10.0.0.2"), "192.0.2.0/24"],
  ["one over IPv6", from("::ffff:10.0.0.1", "2001:db8:1:2::5"), "2001:db8:1::/48"],
  ["a proxy that names nobody", from("10.0.0.1"), "10.0.0.0/24"],
  ["a proxy that names no address", from("10.0.0.1", "unknown, _hidden"), "10.0.0.0/24"],
])("%s", (_what, request, network) => {
  expect(clientNetwork(request, isProxy)).toBe(network);
});

test("a request without a socket has no network", () => {
  expect(clientNetwork(undefined, isProxy)).toBeNull();
});
