/** Handshakes after STARTTLS, on real sockets: when they begin, and whose work they are. */
import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { openLoopTurns } from "../../../test/support/loop-turns.ts";
import {
  type ListenerOptions,
  startListener,
  type TestListener,
} from "../../../test/support/smtp-listener.ts";

const listeners: TestListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});

async function listen(options: ListenerOptions = {}): Promise<TestListener> {
  const listener = await startListener(options);
  listeners.push(listener);
  return listener;
}

/** A session that has said STARTTLS, and was told to begin. */
async function afterStartTls({ port }: TestListener): Promise<Socket> {
  const socket = connectTcp(port, "127.0.0.1");
  await once(socket, "data");
  socket.write("STARTTLS\r\n");
  await once(socket, "data");
  return socket;
}

test("a handshake has a turn of the event loop, as one of all peers', and those that say nothing keep none from theirs", async () => {
  const tenants: string[] = [];
  const turns = openLoopTurns();
  const listener = await listen({
    turns: {
      ...turns,
      during(tenant, work) {
        tenants.push(tenant);
        return turns.during(tenant, work);
      },
    },
  });
  const silent = await Promise.all([1, 2, 3].map(() => afterStartTls(listener)));
  const halfway = await afterStartTls(listener);
  halfway.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02));
  expect(tenants).toEqual([]);
  for (let time = 0; time < 2; time++) {
    const secure = connectTls({ socket: await afterStartTls(listener), rejectUnauthorized: false });
    await once(secure, "secureConnect");
    secure.write("EHLO client.test\r\n");
    expect(String((await once(secure, "data"))[0])).toMatch(/^250-/);
    secure.destroy();
  }
  expect(tenants).toEqual(["TLS handshakes", "TLS handshakes"]);
  for (const socket of [...silent, halfway]) socket.destroy();
});

test("a ClientHello that comes octet by octet is read as one; what is none ends the session", async () => {
  const listener = await listen();
  const socket = await afterStartTls(listener);
  const slowly = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      void (async () => {
        for (const octet of chunk.subarray(0, 20)) {
          socket.write(Uint8Array.of(octet));
          await new Promise((next) => setImmediate(next));
        }
        if (socket.destroyed) done();
        else socket.write(chunk.subarray(20), done);
      })();
    },
  });
  socket.on("data", (chunk) => slowly.push(chunk));
  const secure = connectTls({ socket: slowly, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  secure.destroy();
  socket.destroy();
  const plain = await afterStartTls(listener);
  plain.resume();
  const ended = whenClosed(plain);
  plain.write("EHLO client.test\r\nQUIT\r\n");
  await ended;
});

test("a peer that comes again resumes its TLS session, which takes no signature", async () => {
  const listener = await listen();
  const first = connectTls({ socket: await afterStartTls(listener), rejectUnauthorized: false });
  const [session] = await once(first, "session");
  first.destroy();
  const again = connectTls({ socket: await afterStartTls(listener), rejectUnauthorized: false, session });
  await once(again, "secureConnect");
  expect(again.isSessionReused()).toBe(true);
  again.destroy();
});

test("a handshake ends at its deadline however its octets drip in, before its first record is whole and after, and frees the session's place", async () => {
  const listener = await listen({ maxPerNetwork: 3, handshakeMs: 500 });
  const dripping: NodeJS.Timeout[] = [];
  const drip = async (first: Uint8Array, octet: number): Promise<void> => {
    const socket = await afterStartTls(listener);
    socket.resume();
    const ended = whenClosed(socket);
    socket.write(first);
    dripping.push(setInterval(() => socket.write(Uint8Array.of(octet)), 20));
    return ended;
  };
  // A secured session is none that waits for its handshake.
  const secure = connectTls({ socket: await afterStartTls(listener), rejectUnauthorized: false });
  await once(secure, "secureConnect");
  const hello = await clientHello();
  await Promise.all([
    drip(Uint8Array.of(0x16, 0x03, 0x01, 0x3f, 0xff), 0),
    drip(Buffer.concat([hello, Uint8Array.of(0x17, 0x03, 0x03, 0x20, 0x00)]), 1),
  ]);
  for (const timer of dripping) clearInterval(timer);
  secure.write("EHLO client.test\r\n");
  expect(String((await once(secure, "data"))[0])).toMatch(/^250-/);
  const next = await afterStartTls(listener);
  next.destroy();
  secure.destroy();
});

/**
 * Resolves when a connection has ended, however: what the peer never read, or what comes once it has closed, is
 * answered with a reset (RFC 9293 section 3.10.7), which `once(socket, "close")` takes for a failure.
 */
function whenClosed(socket: Socket): Promise<void> {
  socket.on("error", () => undefined);
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}

/** What a client of TLS says first. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // Cast: a TCP server that listens has an address with a port.
  const client = connectTls({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  const [socket] = await once(server, "connection");
  const [hello] = await once(socket, "data");
  client.destroy();
  server.close();
  return hello;
}

test.each([
  ["X25519MLKEM768", true],
  ["X25519", true],
  ["P-256", true],
  ["P-384", true],
  ["P-521", false],
  ["P-521:P-256", true],
])(
  "a client that knows the groups %s has a handshake: %s; the dearest is not offered",
  async (ecdhCurve, isDone) => {
    const socket = await afterStartTls(await listen());
    const secure = connectTls({ socket, rejectUnauthorized: false, ecdhCurve, minVersion: "TLSv1.3" });
    const outcome = await new Promise((resolve) => {
      secure.once("secureConnect", () => resolve(true));
      secure.once("error", () => resolve(false));
    });
    expect(outcome).toBe(isDone);
    secure.destroy();
  },
);
