/** What the server answers to bytes that are no request. Over raw sockets. */
import { connect, type Socket } from "node:net";
import { Hono } from "hono";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { exchange, get, openHttp, placesFor } from "../../../test/support/http-listener.ts";
import { openLoopTurns } from "../../../test/support/loop-turns.ts";
import { EXPIRED_PER_TURN, HTTP_HEADERS_MS, HTTP_KEEP_ALIVE_MS, HTTP_TIMEOUT_CHECK_MS } from "./limits.ts";
import type { Upgrade } from "./sockets/upgrade.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: Readonly<Record<string, unknown>>;
}

function read(text: string): Answer {
  const [headers = "", body = ""] = text.split("\r\n\r\n", 2);
  expect(text.match(/HTTP\/1\.1 \d/g), "one answer").toHaveLength(1);
  return {
    status: Number(headers.slice("HTTP/1.1 ".length).slice(0, 3)),
    headers,
    body: JSON.parse(body) as Record<string, unknown>,
  };
}

const chunked = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

test.each([
  ["bytes that are no HTTP", "nonsense\r\n\r\n", 400],
  ["a header with a NUL", get("/slow", "X: a\0b"), 400],
  ["an HTTP/1.1 request without a Host", "GET /slow HTTP/1.1\r\n\r\n", 400],
  ["a second Host", get("/slow", "Host: y"), 400],
  ["the same Host twice", get("/slow", "hOST: x"), 400],
  ["an HTTP/1.0 request with two Hosts", get("/slow", "Host: y").replace("HTTP/1.1", "HTTP/1.0"), 400],
  ["a Host that is none", get("/slow").replace("Host: x", "Host: a/b@c:99999"), 400],
  ["two lengths of one body", get("/slow", "Content-Length: 1", "Content-Length: 2"), 400],
  ["a chunk without a length", `${chunked}zz\r\n`, 400],
  ["extensions of a chunk over 16 KB", `${chunked}1;${"x".repeat(20_000)}\r\n`, 413],
  ["a URL over 16 KB", get(`/slow?q=${"x".repeat(20_000)}`), 414],
  ["an unknown expectation", get("/slow", "Expect: a-miracle"), 417],
  ["one header over 16 KB", get("/slow", `X: ${"x".repeat(20_000)}`), 431],
  [
    "headers over 16 KB in all",
    get("/slow", ...Array.from({ length: 500 }, (_, n) => `X-${n}: ${"x".repeat(40)}`)),
    431,
  ],
  ["headers over a megabyte", get("/slow", `X: ${"x".repeat(2_000_000)}`), 431],
])("%s: an error like any other, and the end of the connection", async (_what, bytes, status) => {
  const { port } = await openHttp();
  const { headers, body, ...answer } = read(await exchange(port, bytes));
  expect(answer.status).toBe(status);
  expect(body).toMatchObject({
    name: "ValidationError",
    code: "validation_error",
    message: expect.stringMatching(/./),
    fix: expect.stringMatching(/\.$/),
    docs: "/docs/errors#validation_error",
  });
  expect(headers).toMatch(/^connection: close$/im);
  expect(headers).toMatch(/^content-type: application\/json$/im);
  expect(headers).toMatch(/^access-control-allow-origin: \*$/im);
  expect(headers).toMatch(/^x-request-id: an-id$/im);
  expect(headers).toMatch(/^date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/im);
});

test.each([
  ["no byte of a request", ""],
  ["half of the headers", "GET /slow HTTP/1.1\r\nHost: x\r\n"],
  ["half of the body", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"],
])("%s in the time there is: a 408 that says to send it again", async (_what, bytes) => {
  const { port } = await openHttp({ headersMs: 100, requestMs: 100, checkMs: 20 });
  const { status, headers, body } = read(await exchange(port, bytes));
  expect(status).toBe(408);
  expect(headers).toMatch(/^connection: close$/im);
  expect(body).toEqual({
    name: "RequestTimeoutError",
    code: "request_timeout",
    message: "The request did not arrive in time",
    fix: "Send the whole request again, without pauses.",
    docs: "/docs/errors#request_timeout",
  });
});

test("a body that breaks off into nonsense ends the request that waits for it", async () => {
  const { port, seen } = await openHttp();
  expect(read(await exchange(port, `${chunked}4\r\nhalf\r\nzz\r\n`)).status).toBe(400);
  await eventually("the handler", async () => seen.includes("echo ended"));
});

test("garbage after a valid request does not change its answer, and ends the connection", async () => {
  const { port, seen, letGo } = await openHttp();
  const answer = exchange(port, `${get("/slow")}nonsense\r\n\r\n`);
  await eventually("the request", async () => seen.includes("slow"));
  letGo();
  const text = await answer;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text.endsWith("slow answer")).toBe(true);
});

test("peers that disconnect before their refusal, in any way, do not affect the server", async () => {
  const { port } = await openHttp();
  const leave: readonly ((socket: Socket) => unknown)[] = [
    (socket) => socket.destroy(),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.end(),
  ];
  const left = Array.from({ length: 60 }, (_, index) => {
    const socket = connect({ port, host: "127.0.0.1" });
    return new Promise<void>((resolve) => {
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
      socket.on("connect", () =>
        socket.write(index % 2 === 0 ? "nonsense\r\n\r\n" : get("/slow", `X: ${"x".repeat(200_000)}`), () =>
          leave[index % leave.length]?.(socket),
        ),
      );
      socket.resume();
    });
  });
  await Promise.all(left);
  const echoed = await fetch(`http://127.0.0.1:${port}/echo`, { method: "POST", body: "still here" });
  expect(await echoed.text()).toBe("still here");
});

test("a server that stops does not wait for refused connections", async () => {
  const { port } = await openHttp();
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  ends.unshift(async () => socket.destroy());
  const answered = new Promise<string>((resolve) =>
    socket.once("data", (chunk) => resolve(chunk.toString())),
  );
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write("nonsense\r\n\r\n");
  expect(await answered).toContain("validation_error");
  for (const end of ends.splice(1)) await end();
  socket.end();
  await closed;
});

test("a client that reads nothing of its answer is ended, and one whose answer takes long to be made is not", async () => {
  const app = new Hono();
  // More than the kernel takes on both sides.
  app.get("/large", (context) => context.body(new Uint8Array(32 * 1024 * 1024)));
  const { port, letGo } = await openHttp(undefined, { unreadMs: 300 }, app);
  const slow = exchange(port, get("/slow", "Connection: close"));
  const deaf = connect({ port, host: "127.0.0.1" });
  ends.push(async () => deaf.destroy());
  let isEnded = false;
  deaf
    .on("error", () => undefined)
    .on("close", () => {
      isEnded = true;
    });
  deaf.write(get("/large"));
  await new Promise((resolve) => deaf.once("readable", resolve));
  // A socket that is not read learns of its end when it is written to.
  await eventually("its end", async () => {
    deaf.write("x");
    return isEnded;
  });
  letGo();
  expect(await slow).toContain("slow answer");
});

/** A connection from an address of this network that began a request, and whether it was ended. Linux has all of 127.0.0.0/8. */
async function halfOpen(port: number, network: number) {
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.${network}.1` });
  // Before the server stops, which waits for requests under way.
  ends.push(async () => socket.destroy());
  let isEnded = false;
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isEnded = true;
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n");
  return { socket, isEnded: () => isEnded };
}

test("half requests of one network take half of the connections at most, and another network is answered", async () => {
  const { port, letGo } = await openHttp(undefined, { places: placesFor({ maxConnections: 8 }) });
  letGo();
  const opened = await Promise.all(Array.from({ length: 8 }, () => halfOpen(port, 1)));
  await eventually("the share", async () => opened.filter(({ isEnded }) => isEnded()).length === 4);
  const { socket } = await halfOpen(port, 2);
  const answered = new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
  socket.write("\r\n");
  expect(await answered).toMatch(/^HTTP\/1\.1 200 /);
  opened.find(({ isEnded }) => !isEnded())?.socket.destroy();
  await eventually("a place that was given back", async () => {
    const next = await halfOpen(port, 1);
    next.socket.write("\r\n");
    return new Promise<boolean>((resolve) => {
      next.socket.once("data", () => resolve(true));
      next.socket.once("close", () => resolve(false));
    });
  });
});

test("no network has more connections than one may, however many are free", async () => {
  const { port } = await openHttp(undefined, {
    places: placesFor({ maxConnections: 100, maxPerNetwork: 3 }),
  });
  const opened = await Promise.all(Array.from({ length: 5 }, () => halfOpen(port, 1)));
  await eventually("the bound", async () => opened.filter(({ isEnded }) => isEnded()).length === 2);
});

test("connections are taken though each of those before asks for a piece of work", async () => {
  // Time does not pass: arrivals hold work up for 2 ms, which a busy machine takes for some.
  const turns = openLoopTurns(1000, () => 0);
  let [taken, begun, takenAtTenth] = [0, 0, 0];
  const arrived = (): void => {
    taken++;
    turns.arrived();
  };
  const app = new Hono();
  app.get("/", async (context) => {
    await turns.during("tenant", async () => {
      if (++begun === 10) takenAtTenth = taken;
    });
    return context.text("done");
  });
  const { port } = await openHttp(undefined, { turns: { arrived } }, app);
  const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  await Promise.all(Array.from({ length: 200 }, () => exchange(port, request)));
  expect([taken, begun]).toEqual([200, 200]);
  // Node takes one in a turn of the loop.
  expect(takenAtTenth).toBeGreaterThan(50);
});

test("a connection that is kept outlasts those of Python's clients, which keep theirs for five seconds, and says how long", async () => {
  const { port } = await openHttp(
    undefined,
    {},
    new Hono().get("/", (context) => context.text("done")),
  );
  const { headers } = await fetch(`http://127.0.0.1:${port}/`);
  expect(headers.get("keep-alive")).toBe(`timeout=${HTTP_KEEP_ALIVE_MS / 1000}`);
  expect(HTTP_KEEP_ALIVE_MS).toBeGreaterThan(10_000);
});

test("a request for a WebSocket counts as a connection until it has a place among those", async () => {
  const asked: (() => void)[] = [];
  const sockets = {
    upgrade: (...[, socket, , seated]: Parameters<Upgrade>): void => {
      asked.push(seated);
      ends.push(async () => void socket.destroy());
    },
    stop: async () => undefined,
  };
  const { port } = await openHttp(undefined, {
    places: placesFor({ maxConnections: 100, maxPerNetwork: 3 }),
    sockets,
  });
  const opened = await Promise.all(Array.from({ length: 3 }, () => halfOpen(port, 1)));
  for (const { socket } of opened) socket.write("Connection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  await eventually("three that wait for their key", async () => asked.length === 3);
  const refused = await halfOpen(port, 1);
  await eventually("the bound", async () => refused.isEnded());
  asked[0]?.();
  const next = await halfOpen(port, 1);
  next.socket.write("Connection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  await eventually("a place that was given back", async () => asked.length === 4);
});

test("half requests that expire together are all answered with 408", async () => {
  const { port } = await openHttp(
    { headersMs: 100, requestMs: 100, checkMs: 20 },
    { places: placesFor({ maxPerNetwork: 1000 }) },
  );
  const half = "GET /slow HTTP/1.1\r\nHost: x\r\n";
  const answers = await Promise.all(Array.from({ length: 4 * EXPIRED_PER_TURN }, () => exchange(port, half)));
  for (const answer of answers) expect(read(answer).status).toBe(408);
});

test("connections of a proxy are many clients', and have no share by network", async () => {
  const { port } = await openHttp(undefined, {
    places: placesFor({ maxConnections: 8, proxies: ["127.0.3.0/24"] }),
  });
  const opened = await Promise.all(Array.from({ length: 7 }, () => halfOpen(port, 3)));
  const { socket } = await halfOpen(port, 3);
  socket.write("\r\n");
  expect(opened.filter(({ isEnded }) => isEnded())).toEqual([]);
});

test("half of the headers hold a connection for fifteen seconds at most", () => {
  expect(HTTP_HEADERS_MS + HTTP_TIMEOUT_CHECK_MS).toBeLessThanOrEqual(15_000);
});
