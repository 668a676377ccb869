/** What is wrong with a request before its route reads it: credentials, size, framing. Over real sockets. */
import { request as open } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import { MAX_REQUEST_BYTES, MAX_SEND_BYTES } from "../../src/transport/http/limits.ts";
import { v0Routes } from "../../src/transport/http/v0/index.ts";
import { allRoutes, dialects } from "../dialects/index.ts";
import { pathTo } from "../nouns/index.ts";
import { outsideItsInbox } from "../nouns/polling.ts";
import { judgeAll, type RawAnswer, type RawRequest, send } from "./raw-request.ts";
import { refused, refusedAt } from "./refusal.ts";
import { openTenant, type Tenant } from "./tenant.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(async () => tenant.stop());

const withBody = allRoutes.filter((route) => route.body !== undefined);
const withoutBody = allRoutes.filter((route) => route.body === undefined);
const sendPath = (): string => pathTo("/v0/inboxes/{inbox_id}/messages/send", tenant.things);

async function unchanged(act: () => Promise<void>): Promise<void> {
  const before = await tenant.fingerprint();
  await act();
  expect(await tenant.fingerprint()).toBe(before);
}

describe("credentials", () => {
  const missing: readonly (string | undefined)[] = [
    ...[
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "Bearer  KEY",
      "bearer KEY",
      "BEARER KEY",
      "KEY",
      "Bearer KEY KEY",
    ],
    ...[
      "Bearer KEY, Bearer KEY",
      "Basic S0VZOg==",
      "Basic KEY",
      "Token KEY",
      'Bearer "KEY" x',
      "Bearer\tKEY",
    ],
  ];
  const unknown: readonly string[] = [
    ...[
      "Bearer x",
      "Bearer KEYx",
      'Bearer "KEY"',
      "Bearer am_us_",
      `Bearer ${"x".repeat(8000)}`,
      "Bearer \xfc\xff",
    ],
    ...["Bearer null", "Bearer undefined", "Bearer KEY,", "Bearer %00"],
  ];
  const headersOf = (value: string | undefined): Record<string, string> =>
    value === undefined ? {} : { authorization: value.replaceAll("KEY", tenant.app.rootKey) };
  const casesOf = (values: readonly (string | undefined)[], routes: readonly Route[]) =>
    routes.flatMap((route) =>
      values.map((value) => ({
        name: `${route.name} ${value?.slice(0, 40)}`,
        request: {
          ...{
            method: route.method.toUpperCase(),
            path: pathTo(route.path, tenant.things),
            key: null,
            body: "{",
          },
          headers: headersOf(value),
        },
      })),
    );
  const expectStatus = async (
    cases: readonly { name: string; request: RawRequest }[],
    status: number,
  ): Promise<void> =>
    unchanged(async () => {
      expect(await judgeAll(tenant.app, cases, (answer) => refused(answer, status))).toEqual([]);
    });

  test("that are missing are a 401 on every route, before anything of the request is read", async () => {
    const forKeys = allRoutes.filter(({ newcomer }) => newcomer === null);
    await expectStatus(casesOf([undefined], forKeys), 401);
    await expectStatus(
      dialects.map(({ name }) => ({
        name: `no route of ${name}`,
        request: { method: "GET", path: `/${name}/nothing`, key: null },
      })),
      401,
    );
  });

  test("other than a bearer token are a 401, and an unknown token is a 403 in v0 and a 401 in v3", async () => {
    const ofV3 = allRoutes.filter(({ path }) => path.startsWith("/v3/")).slice(0, 2);
    await expectStatus(casesOf([...missing, ...unknown], ofV3), 401);
    const some = v0Routes.filter((route) =>
      ["auth.me", "pods.create", "inboxes.messages.send"].includes(route.name),
    );
    await expectStatus(casesOf(missing, some), 401);
    await expectStatus(casesOf(unknown, some), 403);
  });

  test("given twice are a 401, even when one of the two is valid", async () => {
    const good = `Bearer ${tenant.app.rootKey}`;
    for (const authorization of [
      ["Bearer x", good],
      [good, "Bearer x"],
      [good, good],
    ])
      expect(
        refused(
          await send(tenant.app, {
            method: "GET",
            path: "/v0/auth/me",
            key: null,
            headers: { authorization },
          }),
          401,
        ),
      ).toBeNull();
  });
});

describe("an Idempotency-Key", () => {
  test("that is empty, too long, given twice or not visible ASCII is refused at it by every send", async () => {
    const keys: readonly (string | string[])[] = ["", "a b", "x".repeat(257), "\xfc", "a\tb", ["a", "b"]];
    const sends = v0Routes.filter((route) => /\/(send|reply|reply-all|forward)$/.test(route.path));
    const cases = sends.flatMap((route) =>
      keys.map((key) => ({
        name: `${route.name} ${JSON.stringify(key).slice(0, 20)}`,
        request: {
          ...{ method: "POST", path: pathTo(route.path, tenant.things) },
          body: { ...(!route.path.includes("/reply") && { to: "x@outside.test" }), text: "two" },
          headers: { "idempotency-key": key },
        },
      })),
    );
    await unchanged(async () => {
      const wrong = await judgeAll(tenant.app, cases, (answer) =>
        refusedAt(answer, 400, ["Idempotency-Key"]),
      );
      expect(wrong).toEqual([]);
    });
  });
});

describe("a body over the limit", () => {
  /** Sends a piece at a time until it is answered; says how much went out. */
  function pour(path: string, method: string, most: number): Promise<{ answer: RawAnswer; sent: number }> {
    const { hostname, port } = new URL(tenant.app.baseUrl);
    const piece = Buffer.alloc(64 * 1024, " ");
    return new Promise((resolve, reject) => {
      let sent = 0;
      let answered = false;
      const request = open({
        ...{ hostname, port, path, method },
        headers: { authorization: `Bearer ${tenant.app.rootKey}`, "transfer-encoding": "chunked" },
      });
      const pump = (): void => {
        if (answered || sent >= most) return void request.end();
        sent += piece.byteLength;
        request.write(piece, () => setImmediate(pump));
      };
      request.on("error", (error) => (answered ? undefined : reject(error)));
      request.on("response", (response) => {
        answered = true;
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () =>
          resolve({
            sent,
            answer: { status: response.statusCode ?? 0, text, body: JSON.parse(text) as RawAnswer["body"] },
          }),
        );
        response.on("error", reject);
      });
      pump();
    });
  }

  test("that says its length is a 413 on every route before any of it is sent", async () => {
    await unchanged(async () => {
      for (const route of withBody) {
        const ordinary = /\.(messages\.(send|reply|replyAll|forward)|drafts\.(create|update))$/.test(
          route.name,
        )
          ? MAX_SEND_BYTES
          : MAX_REQUEST_BYTES;
        // A whole fleet is one body.
        const limit = /\/fleet\/(plan|apply)$/.test(route.path) ? route.maxBodyBytes : ordinary;
        for (const length of [limit + 1, 10_000_000_000]) {
          const answer = await head(route, length);
          expect({ route: route.name, says: refused(answer, 413) }).toEqual({
            route: route.name,
            says: null,
          });
          expect(answer.text).toContain(`The request body exceeds ${limit} bytes`);
        }
      }
    });
  });

  test("that does not say its length is a 413 once it is over, and the rest of it is not taken", async () => {
    await unchanged(async () => {
      for (const route of withBody.filter(({ name }) =>
        ["pods.create", "inboxes.messages.send", "webhooks.create"].includes(name),
      )) {
        const most = 4 * route.maxBodyBytes;
        const { answer, sent } = await pour(
          pathTo(route.path, tenant.things),
          route.method.toUpperCase(),
          most,
        );
        expect({ route: route.name, says: refused(answer, 413) }).toEqual({ route: route.name, says: null });
        expect(sent).toBeLessThan(most);
      }
      expect((await send(tenant.app, { method: "GET", path: "/v0/auth/me" })).status).toBe(200);
    });
  });

  /** Only the head of a request with this Content-Length. */
  function head(route: Route, length: number): Promise<RawAnswer> {
    const { hostname, port } = new URL(tenant.app.baseUrl);
    return new Promise((resolve, reject) => {
      const request = open({
        ...{ hostname, port, method: route.method, path: pathTo(route.path, tenant.things) },
        headers: { authorization: `Bearer ${tenant.app.rootKey}`, "content-length": String(length) },
      });
      request.on("error", reject);
      request.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, text, body: JSON.parse(text) as RawAnswer["body"] });
          request.destroy();
        });
      });
      request.flushHeaders();
    });
  }

  test("that is just at it is read, spaces and all", async () => {
    const note = {
      to: "x@outside.test",
      attachments: [{ content: Buffer.alloc(7_000_000).toString("base64") }],
    };
    const answer = await send(tenant.app, {
      method: "POST",
      path: sendPath(),
      body: JSON.stringify(note).padEnd(MAX_SEND_BYTES),
    });
    expect(answer.status).toBe(200);
    const pod = await send(tenant.app, {
      method: "POST",
      path: "/v0/pods",
      body: "{}".padStart(MAX_REQUEST_BYTES),
    });
    expect(pod.status).toBe(200);
  });

  test("that is compressed is refused with what to do about it", async () => {
    const answer = await fetch(`${tenant.app.baseUrl}/v0/pods`, {
      method: "POST",
      headers: { authorization: `Bearer ${tenant.app.rootKey}`, "content-encoding": "gzip" },
      body: gzipSync("{}"),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { errors: [{ format: "json_string", path: [] }], fix: expect.stringContaining("no Content-Encoding") },
    ]);
  });

  test("is not read at all by a route that takes none", async () => {
    const cases = withoutBody
      .filter((route) => route.method === "get")
      .map((route) => ({
        name: route.name,
        refused: route.refused,
        request: {
          method: route.method.toUpperCase(),
          path: pathTo(route.path, tenant.things),
          body: "{".repeat(2_000),
        },
      }));
    const wrong = await judgeAll(tenant.app, cases, ({ status }, { name, refused }) =>
      [200, 204, refused?.status, outsideItsInbox.has(name) ? 404 : 200].includes(status)
        ? null
        : "should be answered",
    );
    expect(wrong).toEqual([]);
  });
});

describe("what is no HTTP", () => {
  /** Everything that is answered to these bytes until the connection ends. */
  function exchange(bytes: string): Promise<string> {
    const { hostname, port } = new URL(tenant.app.baseUrl);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.end(bytes, "latin1"));
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
    });
  }
  const request = (line: string, ...headers: string[]): string =>
    [
      line,
      "Host: x",
      `Authorization: Bearer ${tenant.app.rootKey}`,
      "Connection: close",
      ...headers,
      "",
      "",
    ].join("\r\n");

  test("is refused with a 4xx and nothing else, and the server goes on", async () => {
    await unchanged(async () => {
      const post = "POST /v0/pods HTTP/1.1";
      const requests = [
        "\r\n\r\n\x16\x03\x01\x02\x00\x01\x00",
        "nonsense\r\n\r\n",
        request("GET / HTTP/9.9"),
        request("get /v0/pods HTTP/1.1"),
        request("GET /v0/pods\x00 HTTP/1.1"),
        request("GET /v0/p ods HTTP/1.1"),
        request("GET pods HTTP/1.1"),
        request(post, "Content-Length: -1"),
        request(post, "Content-Length: 2x"),
        request(post, "Content-Length: 2", "Content-Length: 3"),
        request(post, "Content-Length: 2", "Transfer-Encoding: chunked"),
        `${request(post, "Transfer-Encoding: chunked")}zz\r\n{}\r\n0\r\n\r\n`,
        request("GET /v0/pods HTTP/1.1", "X: a\x00b"),
        request("GET /v0/pods HTTP/1.1", `X: ${"x".repeat(20_000)}`),
        request(`GET /v0/${"x".repeat(20_000)} HTTP/1.1`),
        request("GET /v0/pods HTTP/1.1", "Host: y"),
        request("GET /v0/pods HTTP/1.1").replace("Host: x\r\n", ""),
        request("GET /v0/pods HTTP/1.1").replace("Host: x", "Host: a/b@c:99999"),
        request("CONNECT evil.test:443 HTTP/1.1"),
      ];
      const answers = await Promise.all(requests.map(exchange));
      const wrong = answers.flatMap((answer, index) =>
        /^(HTTP\/1\.1 4\d\d |$)/.test(answer) && answer.split("HTTP/1.1 ").length <= 2
          ? []
          : [`${requests[index]?.slice(0, 60)}: ${answer.slice(0, 200)}`],
      );
      expect(wrong).toEqual([]);
      expect((await send(tenant.app, { method: "GET", path: "/v0/auth/me" })).status).toBe(200);
    });
  });

  test("is a body that ends before its length: nothing is stored of it", async () => {
    await unchanged(async () => {
      await exchange(`${request("POST /v0/pods HTTP/1.1", "Content-Length: 50")}{"name":"half`);
      await exchange(
        `${request("POST /v0/pods HTTP/1.1", "Transfer-Encoding: chunked")}e\r\n{"name":"half"}`,
      );
      expect((await send(tenant.app, { method: "GET", path: "/v0/auth/me" })).status).toBe(200);
    });
  });
});
