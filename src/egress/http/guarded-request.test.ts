/** Whom a tenant's URL lets us call, and over which connection: seen through the webhooks' client. */
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSockets, rawOk, type Sockets } from "../../../test/support/sockets.ts";
import { answered, failed } from "../../../test/support/webhook-outcomes.ts";
import { type Certificate, makeSelfSigned } from "../../protocols/x509/self-signed.ts";
import { createWebhookClient, type WebhookClient, type WebhookRequest } from "./webhook-client.ts";

let sockets: Sockets;
/** Addresses of the names of the test; look-ups are recorded in `asked`. */
let names: Record<string, string[]>;
let asked: string[];

beforeEach(() => {
  [sockets, names, asked] = [openSockets(), {}, []];
});
afterEach(() => sockets.end());

function clientOf(allowPrivate = true, resolve?: (host: string) => Promise<string[]>): WebhookClient {
  const client = createWebhookClient({
    allowPrivate,
    resolve:
      resolve ??
      (async (host) => {
        asked.push(host);
        return names[host] ?? [];
      }),
    userAgent: "Rookery-Webhooks/test",
    now: () => performance.now(),
  });
  sockets.atEnd(() => client.close());
  return client;
}

const post = (client: WebhookClient, url: string, more: Partial<WebhookRequest> = {}) =>
  client.post({
    tenant: "pod",
    url,
    headers: {},
    body: "{}",
    timeoutMs: 10_000,
    responseLimitBytes: 64,
    ...more,
  });

describe("an endpoint's address", () => {
  it.each([
    ["loopback", ["127.0.0.1"]],
    ["a private network", ["10.1.2.3"]],
    ["the cloud's metadata", ["169.254.169.254"]],
    ["IPv6 loopback", ["::1"]],
    ["IPv6 that carries a private IPv4 address", ["::ffff:10.0.0.1"]],
    ["IPv6 that a gateway takes to loopback", ["64:ff9b::7f00:1"]],
    ["a public and a private address", ["93.184.215.14", "10.0.0.1"]],
    ["a private and a public address", ["127.0.0.1", "93.184.215.14"]],
    ["something that is no address", ["localhost"]],
  ])("is refused when its name leads to %s", async (_what, addresses) => {
    let connections = 0;
    const port = await sockets.open(createTcpServer(() => connections++));
    names["hooks.test"] = addresses;
    expect(await post(clientOf(false), `https://hooks.test:${port}/`)).toEqual(
      failed("refused_target", "hooks.test has no public address"),
    );
    expect([asked, connections]).toEqual([["hooks.test"], 0]);
  });

  it("is refused alike whether its name leads into the operator's network or nowhere", async () => {
    names["inside.test"] = ["10.1.2.3"];
    const refusals = ["inside", "absent"].map((name) => post(clientOf(false), `https://${name}.test/`));
    const broken = post(
      clientOf(false, () => Promise.reject(new Error("SERVFAIL"))),
      "https://broken.test/",
    );
    const said = (await Promise.all([...refusals, broken])).map((answer) =>
      JSON.stringify({ ...answer, durationMs: null }),
    );
    expect(new Set(said.map((text) => text.replace(/inside|absent|broken/, "name")))).toHaveLength(1);
  });

  it.each(["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://2130706433/"])(
    "is refused when it is written out as %s",
    async (url) => {
      expect(await post(clientOf(false), url)).toMatchObject({ reason: "refused_target" });
      expect(asked).toEqual([]);
    },
  );

  it("is called by https alone where only public ones are, even if it was stored when http was allowed", async () => {
    names["hooks.test"] = ["93.184.215.14"];
    expect(await post(clientOf(false), "http://hooks.test/")).toEqual(
      failed("refused_target", "only https:// is called"),
    );
    expect(asked).toEqual([]);
  });

  it.each([true, false])(
    "is not called on a port of another protocol, even if it was stored before (private targets: %s)",
    async (allowPrivate) => {
      names["hooks.test"] = ["93.184.215.14"];
      expect(await post(clientOf(allowPrivate), "https://hooks.test:25/")).toEqual(
        failed("refused_target", "port 25 is not one for HTTP"),
      );
      expect(asked).toEqual([]);
    },
  );

  it("is looked up once a call, and the address that was checked is the one called", async () => {
    let calls = 0;
    const port = await sockets.http((_request, response) => {
      calls++;
      response.end();
    });
    const other = createHttpServer((_request, response) => response.writeHead(500).end());
    // A second look-up gives another address: a client that looks the name up again connects to the wrong one.
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.2", resolve));
    sockets.atEnd(() => new Promise((resolve) => other.close(resolve)));
    const answers = [["127.0.0.1"], ["127.0.0.2"]];
    const client = clientOf(true, async (host) => {
      asked.push(host);
      return answers.shift() ?? [];
    });
    expect(await post(client, `http://hooks.test:${port}/`)).toEqual(answered(200));
    expect([asked, calls]).toEqual([["hooks.test"], 1]);
    // A connection is kept to the first address; it may not serve a call that was checked for the second.
    expect(await post(client, `http://hooks.test:${port}/`)).toEqual(answered(500));
    expect(calls).toBe(1);
  });

  it("that does not answer is passed over for the next one that was found with it", async () => {
    const port = await sockets.http((_request, response) => response.end());
    // The first has no listener on that port.
    names["hooks.test"] = ["127.0.0.3", "127.0.0.1"];
    const client = clientOf();
    expect(await post(client, `http://hooks.test:${port}/`)).toEqual(answered(200));
    expect(asked).toEqual(["hooks.test"]);
  });

  it("without a listener reports the failure of every address tried", async () => {
    names["hooks.test"] = ["127.0.0.3", "127.0.0.4"];
    const port = await sockets.http((_request, response) => response.end());
    expect(await post(clientOf(), `http://hooks.test:${port}/`)).toEqual(
      failed("connection", `connect ECONNREFUSED 127.0.0.3:${port}; connect ECONNREFUSED 127.0.0.4:${port}`),
    );
  });

  it("is tried with three others at most", async () => {
    const port = await sockets.http((_request, response) => response.end());
    names["hooks.test"] = ["127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.1"];
    expect(await post(clientOf(), `http://hooks.test:${port}/`)).toMatchObject({ reason: "connection" });
  });

  it("keeps its connection for the next call to the same ones", async () => {
    let connections = 0;
    const port = await sockets.raw((socket, _text, connection) => {
      connections = connection;
      socket.write(rawOk);
    });
    names["hooks.test"] = ["127.0.0.3", "127.0.0.1"];
    const client = clientOf();
    for (let call = 0; call < 2; call++)
      expect(await post(client, `http://hooks.test:${port}/`)).toEqual(answered(200, "ok"));
    expect(connections).toBe(1);
  });

  it("that is found only after the deadline is not connected to", async () => {
    let connections = 0;
    let find = (_addresses: string[]): void => undefined;
    const port = await sockets.open(createTcpServer(() => connections++));
    const client = clientOf(true, () => new Promise((resolve) => (find = resolve)));
    expect(await post(client, `http://hooks.test:${port}/`, { timeoutMs: 20 })).toEqual(
      failed("timeout", "no answer in time"),
    );
    find(["127.0.0.1"]);
    // A connection made now would be accepted before this one's answer is there.
    const after = await sockets.http((_request, response) => void response.end());
    names["after.test"] = ["127.0.0.1"];
    await post(clientOf(), `http://after.test:${after}/`);
    expect(connections).toBe(0);
  });

  it("that does not exist, or cannot be looked up, is a DNS failure", async () => {
    expect(await post(clientOf(), "http://nowhere.test/")).toEqual(
      failed("dns", "nowhere.test has no address"),
    );
    const client = clientOf(true, () => Promise.reject(new Error("SERVFAIL")));
    expect(await post(client, "http://hooks.test/")).toMatchObject({ reason: "dns" });
  });

  it("keeps its port, path and query, and its name in the Host header", async () => {
    const seen: unknown[] = [];
    const port = await sockets.http(({ url, method, headers }, response) => {
      seen.push([method, url, headers.host, headers["user-agent"], headers["content-type"]]);
      response.end();
    });
    names["hooks.test"] = ["127.0.0.1"];
    await post(clientOf(), `http://hooks.test:${port}/in/a%20b?x=1&y=%26`, {
      headers: { Host: "other.test", "User-Agent": "other", "Content-Type": "text/plain" },
    });
    expect(seen).toEqual([
      ["POST", "/in/a%20b?x=1&y=%26", `hooks.test:${port}`, "Rookery-Webhooks/test", "application/json"],
    ]);
  });
});

describe("TLS", () => {
  const authorities = getCACertificates("default");
  afterEach(() => setDefaultCACertificates(authorities));

  async function tls(certificate: Certificate, host?: string): Promise<{ port: number; seen: unknown[] }> {
    const seen: unknown[] = [];
    const server = createHttpsServer(certificate, (request, response) => {
      seen.push(request.headers.host);
      response.end("safe");
    });
    server.on("tlsClientError", () => undefined);
    return { port: await sockets.open(server, host), seen };
  }
  async function trusted(host: string, at = new Date()): Promise<Certificate> {
    const certificate = await makeSelfSigned(host, at);
    setDefaultCACertificates([...authorities, certificate.cert]);
    return certificate;
  }

  it("is spoken to the name of the URL at the address that was checked", async () => {
    const { port, seen } = await tls(await trusted("hooks.test"));
    names["hooks.test"] = ["127.0.0.1"];
    expect(await post(clientOf(), `https://hooks.test:${port}/`)).toEqual(answered(200, "safe"));
    expect(seen).toEqual([`hooks.test:${port}`]);
  });

  it.each([
    ["bears another name", () => trusted("other.test"), "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["has expired", () => trusted("hooks.test", new Date("2015-01-01")), "CERT_HAS_EXPIRED"],
    ["is self-signed", () => makeSelfSigned("hooks.test", new Date()), "self-signed"],
  ])("is refused with a certificate that %s, and nothing is sent", async (_what, make) => {
    const { port, seen } = await tls(await make());
    names["hooks.test"] = ["127.0.0.1"];
    expect(await post(clientOf(), `https://hooks.test:${port}/`)).toEqual(failed("tls"));
    expect(seen).toEqual([]);
  });

  it.for([
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "[::1]"],
  ] as const)(
    "of %s in the URL checks the certificate for that address",
    async ([host, written], { skip }) => {
      const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
      skip(!own.some(({ address }) => address === host), "because this machine does not have the address");
      const { port } = await tls(await trusted("hooks.test"), host);
      expect(await post(clientOf(), `https://${written}:${port}/`)).toEqual(
        failed("tls", expect.stringContaining(`IP: ${host} is not in the cert's list`)),
      );
    },
  );

  it("that a plain server does not speak is a failure of TLS", async () => {
    const port = await sockets.raw((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await post(clientOf(), `https://127.0.0.1:${port}/`)).toEqual(failed("tls"));
  });
});

describe("a kept connection", () => {
  it("is used again for the same endpoint", async () => {
    let connections = 0;
    const port = await sockets.raw((socket, _text, connection) => {
      connections = connection;
      socket.write(rawOk);
    });
    const client = clientOf();
    for (let call = 0; call < 3; call++)
      expect(await post(client, `http://127.0.0.1:${port}/`)).toEqual(answered(200, "ok"));
    expect(connections).toBe(1);
  });

  /** Answers the first request; then does `act` at the next on that connection, and answers on later connections. */
  async function closing(
    act: (socket: Socket) => void,
  ): Promise<{ client: WebhookClient; url: string; seen: string[] }> {
    const seen: string[] = [];
    const port = await sockets.raw((socket, text, connection) => {
      const sent = text.slice(text.lastIndexOf("\r\n\r\n") + 4);
      const earlier = seen.filter((entry) => entry.startsWith(`${connection}:`)).length;
      seen.push(`${connection}:${sent}`);
      if (connection === 1 && earlier > 0) act(socket);
      else socket.write(rawOk);
    });
    const client = clientOf();
    const url = `http://127.0.0.1:${port}/`;
    expect(await post(client, url, { body: "first" })).toEqual(answered(200, "ok"));
    return { client, url, seen };
  }

  it.each([
    ["closed", (socket: Socket) => socket.end()],
    ["reset", (socket: Socket) => socket.resetAndDestroy()],
  ])("that is %s as it is used again costs no attempt: the call is made on a new one", async (_what, act) => {
    const { client, url, seen } = await closing(act);
    expect(await post(client, url, { body: "second" })).toEqual(answered(200, "ok"));
    expect(seen).toEqual(["1:first", "1:second", "2:second"]);
  });

  it("that is closed within an answer is a failed attempt, since the endpoint saw the request", async () => {
    const { client, url, seen } = await closing((socket) => socket.end("HTTP/1.1 2"));
    expect(await post(client, url, { body: "second" })).toEqual(failed("connection"));
    expect(seen).toEqual(["1:first", "1:second"]);
  });

  it("is replaced once a call and not more often", async () => {
    let requests = 0;
    const port = await sockets.raw((socket) => {
      if (++requests === 1) socket.write(rawOk);
      else socket.resetAndDestroy();
    });
    const client = clientOf();
    await post(client, `http://127.0.0.1:${port}/`);
    expect(await post(client, `http://127.0.0.1:${port}/`)).toEqual(failed("connection"));
    expect(requests).toBe(3);
  });
});
