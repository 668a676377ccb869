import { randomBytes } from "node:crypto";
import { createServer as createTcpServer, type Socket } from "node:net";
import { Webhook } from "svix";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSockets, rawOk, type Sockets } from "../../../test/support/sockets.ts";
import { answered, failed } from "../../../test/support/webhook-outcomes.ts";
import { newWebhookSecret, webhookHeaders } from "../../protocols/webhooks/signature.ts";
import {
  createWebhookClient,
  type WebhookClient,
  type WebhookOutcome,
  type WebhookRequest,
} from "./webhook-client.ts";

let sockets: Sockets;
let client: WebhookClient;

beforeEach(() => {
  sockets = openSockets();
  client = clientWith(async () => []);
});
afterEach(() => sockets.end());

function clientWith(resolve: (host: string) => Promise<string[]>): WebhookClient {
  const made = createWebhookClient({
    allowPrivate: true,
    resolve,
    userAgent: "Rookery-Webhooks/test",
    now: () => performance.now(),
  });
  sockets.atEnd(() => made.close());
  return made;
}

const post = (url: string, more: Partial<WebhookRequest> = {}, by = client) =>
  by.post({
    tenant: "pod",
    url,
    headers: {},
    body: "{}",
    timeoutMs: 10_000,
    responseLimitBytes: 64,
    ...more,
  });

describe("an answer", () => {
  it.each([301, 302, 303, 307, 308])(
    "of %i is given as it is, and its Location not followed",
    async (status) => {
      const paths: unknown[] = [];
      const port = await sockets.http((request, response) => {
        paths.push(request.url);
        response.writeHead(status, { location: "/elsewhere" }).end("moved");
      });
      expect(await post(`http://127.0.0.1:${port}/`)).toEqual(answered(status, "moved"));
      expect(paths).toEqual(["/"]);
    },
  );

  it("says with webhook-delivery that nothing more is wanted", async () => {
    const port = await sockets.http((_request, response) =>
      response.writeHead(400, { "webhook-delivery": "abort-message" }).end(),
    );
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 400, abort: true });
  });

  it("without end is read to the limit, and its connection closed", async () => {
    let closed = (): void => undefined;
    const over = new Promise<void>((resolve) => (closed = resolve));
    const port = await sockets.http((_request, response) => {
      const more = (): void => {
        while (response.write("x".repeat(1000)));
      };
      response.on("drain", more).on("close", closed);
      more();
    });
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual(answered(200, "x".repeat(64)));
    await over;
  });

  it("is kept as text, with any bytes", async () => {
    const port = await sockets.http((_request, response) => response.end(Buffer.from([0xff, 0x41, 0xc3])));
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual(answered(200, "\ufffdA\ufffd"));
  });

  it.each([
    ["cut short", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")],
    ["cut short within its head", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-le")],
    ["reset", (socket: Socket) => socket.resetAndDestroy()],
    [
      "reset within its body",
      (socket: Socket) =>
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", () => socket.resetAndDestroy()),
    ],
    ["not HTTP", (socket: Socket) => socket.end("220 mail.test ESMTP\r\n")],
    [
      "an upgrade that was not requested",
      (socket: Socket) =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
    ],
    [
      "all headers and no end",
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\n${"x: yyyyyyyyyyyyyy\r\n".repeat(5000)}`),
    ],
  ])("that is %s is a failed attempt, made once", async (_what, act) => {
    let attempts = 0;
    const port = await sockets.raw((socket) => {
      attempts++;
      act(socket);
    });
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual(failed("connection"));
    expect(attempts).toBe(1);
  });

  it("from a port without a listener is a failed attempt", async () => {
    const server = createTcpServer();
    const port = await sockets.open(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual(failed("connection"));
  });
});

describe("the time limit", () => {
  /** Sends `piece` again and again, so that the connection is never silent. */
  const drip = (socket: Socket, piece: string): void => {
    const timer = setInterval(() => socket.write(piece), 5);
    socket.on("close", () => clearInterval(timer));
  };

  it.each([
    ["says nothing", () => undefined],
    [
      "drips headers",
      (socket: Socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        drip(socket, "x: y\r\n");
      },
    ],
    [
      "drips a body",
      (socket: Socket) => {
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        drip(socket, "0000000000000001\r\nx\r\n");
      },
    ],
  ])("ends the call of an endpoint that %s, and closes the connection", async (_what, act) => {
    let closed = (): void => undefined;
    const over = new Promise<void>((resolve) => (closed = resolve));
    const port = await sockets.raw((socket) => {
      socket.on("close", () => closed());
      act(socket);
    });
    const outcome = await post(`http://127.0.0.1:${port}/`, {
      timeoutMs: 100,
      responseLimitBytes: 1_000_000,
    });
    expect(outcome).toEqual(failed("timeout", "no answer in time"));
    await over;
  });

  it("ends the call of an endpoint that takes the connection and never its TLS", async () => {
    const port = await sockets.raw(() => undefined);
    expect(await post(`https://127.0.0.1:${port}/`, { timeoutMs: 100 })).toEqual(failed("timeout"));
  });

  it("ends a look-up that never answers", async () => {
    const waiting = clientWith(() => new Promise(() => undefined));
    expect(await post("http://hooks.test/", { timeoutMs: 20 }, waiting)).toEqual(failed("timeout"));
  });

  it("ends such a look-up when it is closed, long before the deadline", async () => {
    const waiting = clientWith(() => new Promise(() => undefined));
    const outcome = post("http://hooks.test/", { timeoutMs: 3_600_000 }, waiting);
    waiting.close();
    expect(await outcome).toEqual(failed("connection", "the process stops"));
  });
});

describe("what is sent", () => {
  async function sendTo(more: Partial<WebhookRequest>): Promise<{ outcome: WebhookOutcome; bytes: Buffer }> {
    const chunks: Buffer[] = [];
    const port = await sockets.open(
      createTcpServer((socket) => {
        socket.on("data", (data) => {
          chunks.push(data);
          const whole = Buffer.concat(chunks).toString("latin1");
          const length = Number(/content-length: (\d+)/i.exec(whole)?.[1]);
          if (whole.slice(whole.indexOf("\r\n\r\n") + 4).length >= length) socket.write(rawOk);
        });
      }),
    );
    const outcome = await post(`http://127.0.0.1:${port}/`, more);
    return { outcome, bytes: Buffer.concat(chunks) };
  }

  it("is, byte for byte, what was signed, in any script", async () => {
    const secret = newWebhookSecret(randomBytes);
    const body = JSON.stringify({ subject: "Grüße ✉ 𝄞 \u2028 é" });
    const headers = webhookHeaders({
      secret,
      id: "msg_1",
      timestampSeconds: Math.floor(Date.now() / 1000),
      body,
    });
    const { outcome, bytes } = await sendTo({ body, headers: { ...headers, "x-name": "Jürgen" } });
    expect(outcome).toEqual(answered(200, "ok"));
    const received = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
    expect(received).toEqual(Buffer.from(body));
    new Webhook(secret).verify(received, headers);
    // Header values are octets of Latin-1 (RFC 9110 section 5.5).
    expect(bytes.toString("latin1")).toContain("x-name: Jürgen\r\n");
  });

  it("is nothing when a header cannot be written, which is an outcome like any other", async () => {
    for (const value of ["日本", "a\r\nevil: 1"]) {
      const { outcome, bytes } = await sendTo({ headers: { "x-name": value } });
      expect(outcome).toEqual(failed("connection"));
      expect(bytes).toHaveLength(0);
    }
  });
});
