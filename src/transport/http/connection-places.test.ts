import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { createConnectionPlaces } from "./connection-places.ts";
import { HTTP_EVICTION_MS } from "./limits.ts";

/** Eight places, and connections that ask for one, of which it is seen whether they are open. */
function open(maxPerNetwork = 8) {
  let nowMs = 0;
  const places = createConnectionPlaces({
    maxConnections: 8,
    maxPerNetwork,
    proxies: [],
    monotonicMs: () => nowMs,
  });
  const connect = (remoteAddress: string) => {
    let isOpen = true;
    const destroy = (): void => {
      isOpen = false;
    };
    // Cast: of a socket no more is used.
    const socket = Object.assign(new EventEmitter(), { remoteAddress, destroy }) as unknown as Socket;
    places.enter(socket);
    return { socket, isOpen: () => isOpen };
  };
  return {
    ...{ places, connect },
    strangers: (count: number) =>
      Array.from({ length: count }, (_, network) => connect(`198.51.${network}.1`)),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test("networks without a valid key leave a quarter of the places to those with one", () => {
  const { places, connect, strangers } = open();
  const agent = connect("192.0.2.1");
  places.recognise(agent.socket);
  agent.socket.emit("close");
  expect(strangers(6).every(({ isOpen }) => isOpen())).toBe(true);
  expect(connect("198.51.100.1").isOpen()).toBe(false);
  expect(connect("192.0.2.2").isOpen()).toBe(true);
});

test("a connection by which a valid key came is no stranger's any more", () => {
  const { places, connect, strangers } = open();
  const [first] = strangers(6);
  if (first !== undefined) places.recognise(first.socket);
  expect(connect("198.51.100.1").isOpen()).toBe(true);
});

test("when all are taken, the oldest connection without a valid key makes way for a network that has none, once a key would have come", () => {
  const { places, connect, strangers, pass } = open();
  const agent = connect("192.0.2.1");
  places.recognise(agent.socket);
  pass(1);
  const held = strangers(6);
  pass(HTTP_EVICTION_MS - 1);
  expect(connect("198.51.100.1").isOpen()).toBe(false);
  pass(1);
  expect(connect("198.51.100.1").isOpen()).toBe(true);
  expect(held.map(({ isOpen }) => isOpen())).toEqual([false, true, true, true, true, true]);
  expect(agent.isOpen()).toBe(true);
});

test("a network that has connections ends no other's", () => {
  const { connect, strangers, pass } = open();
  const held = strangers(6);
  pass(HTTP_EVICTION_MS);
  expect(connect("198.51.0.2").isOpen()).toBe(false);
  expect(held.every(({ isOpen }) => isOpen())).toBe(true);
});
