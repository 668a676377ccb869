/** `POST /mcp` on the wire: keys, refusals, bounds. What the tools do is in test/conformance/mcp.test.ts. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callTool, mcpClient } from "../../../test/support/mcp-client.ts";
import { type TestApp, testApp } from "../../../test/support/test-app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await testApp();
});
afterAll(async () => app.stop());

interface Rpc {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly result?: Record<string, unknown>;
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  };
}

/** @param message sent as it is when it is text */
async function post(message: unknown, headers: Record<string, string> = {}, query = ""): Promise<Rpc> {
  const response = await fetch(`${app.baseUrl}/mcp${query}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: typeof message === "string" ? message : JSON.stringify(message),
  });
  const text = await response.text();
  // Cast: what the tests look at.
  const body = (text === "" ? {} : JSON.parse(text)) as Rpc["body"];
  return { status: response.status, headers: response.headers, body };
}

const list = { jsonrpc: "2.0", id: 7, method: "tools/list" };
const call = (name: string, args: unknown) => ({
  jsonrpc: "2.0",
  id: 8,
  method: "tools/call",
  params: { name, arguments: args },
});
const bearer = () => ({ authorization: `Bearer ${app.rootKey}` });

const resultText = ({ body }: Rpc): string => {
  const [first] = (body.result?.["content"] ?? []) as { readonly text: string }[];
  return first?.text ?? "";
};

describe("the key", () => {
  test("is taken from the query, from x-api-key, or as a bearer token, in this order", async () => {
    for (const answer of [
      await post(list, {}, `?apiKey=${app.rootKey}`),
      await post(list, { "x-api-key": app.rootKey }),
      await post(list, bearer()),
      await post(list, { "x-api-key": app.rootKey, authorization: "Bearer am_wrong" }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.body.result?.["tools"]).not.toHaveLength(0);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("x-request-id")).toBeTruthy();
    }
    expect((await post(list, { ...bearer(), "x-api-key": "am_wrong" })).status).toBe(401);
  });

  test("is asked for with 401 and the scheme to use, before anything else is looked at", async () => {
    const none = await post("no JSON");
    expect(none.status).toBe(401);
    expect(none.headers.get("www-authenticate")).toBe('Bearer realm="rookery"');
    expect(none.body.error).toMatchObject({
      data: { fix: expect.stringContaining("Authorization: Bearer") },
    });
    const wrong = await post(list, { authorization: "Bearer am_wrong" });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get("www-authenticate")).toBe('Bearer realm="rookery", error="invalid_token"');
  });

  test("ends at once: a deleted one is refused by the next request of the same client", async () => {
    const made = await app.request("POST", "/v0/api-keys", { body: { name: "short-lived" } });
    const client = await mcpClient(`${app.baseUrl}/mcp`, { "x-api-key": String(made.body["api_key"]) });
    expect((await callTool(client, "list_inboxes")).isError).toBe(false);
    await app.request("DELETE", `/v0/api-keys/${made.body["api_key_id"]}`);
    await expect(callTool(client, "list_inboxes")).rejects.toThrow();
    await client.close();
  });
});

describe("what is refused", () => {
  test("no session is kept: GET and DELETE are answered with 405", async () => {
    for (const method of ["GET", "DELETE", "PUT"]) {
      const response = await fetch(`${app.baseUrl}/mcp`, { method, headers: bearer() });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
    expect((await post(list, bearer())).headers.get("mcp-session-id")).toBeNull();
  });

  test("a page of another site, whatever key it brings", async () => {
    for (const origin of ["https://evil.example", "null"]) {
      const answer = await post(list, { ...bearer(), origin });
      expect(answer.status).toBe(403);
      expect(answer.body.error?.message).toContain("pages of");
    }
    expect((await post(list, { ...bearer(), origin: "http://localhost:6274" })).status).toBe(200);
  });

  test("a page whose name was resolved to this machine", async () => {
    const body = JSON.stringify(list);
    const head = [
      "POST /mcp HTTP/1.1",
      "Host: evil.example",
      "Origin: http://localhost",
      `Authorization: Bearer ${app.rootKey}`,
      "Content-Type: application/json",
      "Accept: application/json, text/event-stream",
      `Content-Length: ${body.length}`,
      "Connection: close",
    ];
    const { hostname, port } = new URL(app.baseUrl);
    const socket = connect(Number(port), hostname).setEncoding("utf8");
    let answer = "";
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain("it is not served as evil.example");
  });

  test.each([
    ["no JSON", "{", -32700],
    ["no body", "", -32700],
    ["a batch", [list, list], -32600],
    ["what PostgreSQL cannot store", `{"jsonrpc":"2.0","id":1,"method":"\\u0000"}`, -32600],
    ["brackets without end", "[".repeat(100_000), -32600],
  ])("%s", async (_what, message, code) => {
    const answer = await post(message, bearer());
    expect(answer.status).toBe(400);
    expect(answer.body.error?.code).toBe(code);
    expect(answer.body.error?.message).toBeTruthy();
  });

  test("a body over the bound", async () => {
    const answer = await post(call("send_message", { text: "x".repeat(13_000_000) }), bearer());
    expect(answer.status).toBe(413);
    expect(answer.body.error?.data).toMatchObject({ fix: expect.stringContaining("by url") });
  });

  test("a method that is none, and a stream that nothing would come on", async () => {
    const none = await post({ ...list, method: "tools/fly" }, bearer());
    expect(none.body.error).toMatchObject({ code: -32601 });
    const listening = await post({ ...list, method: "subscriptions/listen" }, bearer());
    expect(listening.body.error).toMatchObject({
      code: -32601,
      message: expect.stringContaining("webhooks"),
    });
  });
});

describe("a call that cannot be", () => {
  test("an unknown tool is named with the nearest one there is", async () => {
    const answer = await post(call("send_mesage", {}), bearer());
    expect(answer.body.error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("Did you mean send_message?"),
    });
    const long = await post(call("x".repeat(5_000_000), {}), bearer());
    expect(long.body.error?.message.length).toBeLessThan(300);
  });

  test("arguments of the wrong type, missing ones and unknown ones are all named, and nothing is done", async () => {
    const answer = await post(
      call("send_message", {
        inbox_id: "a@b.test",
        to: "c@d.test",
        text: 5,
        colour: "red",
        attachments: [{}],
      }),
      bearer(),
    );
    expect(answer.body.result?.["isError"]).toBe(true);
    const text = resultText(answer);
    expect(text).toMatch(/^Invalid arguments for send_message:\n/);
    for (const line of [
      "- inboxId: ",
      "- to: ",
      "- text: ",
      "- attachments.0: ",
      "- inbox_id: there is no such argument. Did you mean inboxId?",
    ])
      expect(text).toContain(line);
    expect(text).toContain("- colour: there is no such argument. It takes inboxId, to, cc,");
    expect(text).toContain("Nothing was done.");
    for (const args of [null, [], "text", 7])
      expect((await post(call("get_inbox", args), bearer())).status, String(args)).toBeLessThan(500);
  });

  test.each([
    ["a NUL", { inboxId: "a\0b" }, "- inboxId: NUL characters are not allowed"],
    [
      "half of a character",
      { inboxId: "a", to: ["\ud800"] },
      "- to.0: the text holds half of a surrogate pair",
    ],
    [
      "more entries than may be",
      { inboxId: "a", to: Array(10_001).fill("a@b.test") },
      "- to: A list or object may have",
    ],
  ])("%s in the arguments is told as a tool's error, with its place", async (_what, args, line) => {
    const answer = await post(call("send_message", args), bearer());
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: 8, result: { isError: true } });
    expect(resultText(answer)).toContain(line);
    expect(resultText(answer)).toContain("Nothing was done.");
    expect((await post({ ...call("send_message", args), method: "\0" }, bearer())).status).toBe(400);
    const elsewhere = { ...call("send_message", args).params, _meta: { "a\0": 1 } };
    expect((await post({ ...call("", {}), params: elsewhere }, bearer())).status).toBe(400);
  });

  test("of a body that is longer than a model reads the beginning is given, and how much is left out", async () => {
    const client = app.client();
    const { inboxId } = await client.inboxes.create({ username: "long-bodies" });
    const text = "A body of words. ".repeat(100_000);
    const { draftId } = await client.inboxes.drafts.create(inboxId, { text, html: "<p>short</p>" });
    const { body } = await post(call("get_draft", { inboxId, draftId }), bearer());
    const draft = body.result?.["structuredContent"] as { readonly text: string; readonly html: string };
    expect(draft.html).toBe("<p>short</p>");
    expect(draft.text).toBe(
      `${text.slice(0, 1_000_000 - draft.html.length)}\n[${700_000 + draft.html.length} more characters are left out]`,
    );
    expect(JSON.parse(resultText({ body } as Rpc))).toEqual(draft);
  });

  test("arguments of 5 MB get an answer that is short", async () => {
    const long = "x".repeat(5_000_000);
    for (const args of [{ inboxId: long }, { [long]: 1 }, { inboxId: "a", clientId: long }]) {
      const answer = await post(call("get_inbox", args), bearer());
      expect(answer.status).toBeLessThan(500);
      expect(JSON.stringify(answer.body).length).toBeLessThan(2000);
    }
    const many = Object.fromEntries(
      Array.from({ length: 900 }, (_, index) => [`${index}`.padEnd(400, "y"), 1]),
    );
    expect(resultText(await post(call("get_inbox", many), bearer())).length).toBeLessThan(3000);
  });

  test("what the API refuses keeps the API's words, status and remedy, with the tool's names of fields", async () => {
    const answer = await post(
      call("create_inbox", { username: "no spaces", metadata: { plan: "x".repeat(300) } }),
      bearer(),
    );
    expect(answer.body.result?.["isError"]).toBe(true);
    expect(resultText(answer)).toMatch(/\(HTTP 400, validation_error\)/);
    expect(resultText(answer)).toMatch(/What to do: /);
    const page = await post(call("list_inboxes", { pageToken: "AAAA" }), bearer());
    expect(resultText(page)).toContain("- pageToken: Invalid page_token");
  });
});
