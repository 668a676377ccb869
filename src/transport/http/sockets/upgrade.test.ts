/** Requests for WebSockets over the wire: who is let in, and what becomes of who is not. */
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import type { AgentMailClient } from "agentmail";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";
import { openSocket, type TestSocket } from "../../../../test/support/web-socket.ts";

let app: TestApp;
let client: AgentMailClient;
const opened: TestSocket[] = [];
beforeAll(async () => {
  app = await testApp();
  client = app.client();
});
afterEach(() => {
  for (const socket of opened.splice(0)) socket.end();
});
afterAll(() => app.stop());

test("the key may come as a header or in the query, with or without a slash behind /v0", async () => {
  for (const by of [{ key: app.rootKey }, { query: app.rootKey }, { key: app.rootKey, path: "/v0/" }]) {
    const socket = await openSocket(app.baseUrl, by);
    opened.push(socket);
    socket.send({ type: "subscribe" });
    expect(await socket.next("subscribed")).toEqual({ type: "subscribed" });
  }
});

test("who has no key, a wrong one or another path is refused before the upgrade, in the API's own words", async () => {
  await expect(openSocket(app.baseUrl, {})).rejects.toThrow(/^refused 401 .*"missing_authorization"/);
  await expect(openSocket(app.baseUrl, { query: "am_us_none" })).rejects.toThrow(
    /^refused 403 .*"unknown_api_key"/,
  );
  await expect(openSocket(app.baseUrl, { key: app.rootKey, path: "/v0/pods" })).rejects.toThrow(
    /^refused 404 .*Route not found/,
  );
  const expired = await client.apiKeys.create({ name: "short" });
  if (!("apiKey" in expired)) throw new Error("not a bearer key");
  await client.apiKeys.delete(expired.apiKeyId);
  await expect(openSocket(app.baseUrl, { key: expired.apiKey })).rejects.toThrow(/^refused 403/);
});

test("a request that is refused ends its connection, though the peer keeps its half open", async () => {
  const { hostname, port } = new URL(app.baseUrl);
  const peer = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let [isReset, answer] = [false, ""];
  peer.on("error", () => {
    isReset = true;
  });
  peer.on("data", (data) => {
    answer += String(data);
  });
  const head = ["GET /v0 HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"];
  peer.write([...head, "", ""].join("\r\n"));
  await once(peer, "end");
  expect(answer).toMatch(/^HTTP\/1\.1 401 .*missing_authorization/s);
  await eventually("nobody who reads", async () => {
    if (!isReset) peer.write("more");
    return isReset;
  });
});

test("another protocol that is offered is declined by answering as ever", async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = {
      connection: "Upgrade, HTTP2-Settings",
      upgrade: "h2c",
      authorization: `Bearer ${app.rootKey}`,
    };
    request(`${app.baseUrl}/v0/pods`, { headers }, ({ statusCode }) => resolve(statusCode))
      .on("error", reject)
      .end();
  });
  expect(status).toBe(200);
});
