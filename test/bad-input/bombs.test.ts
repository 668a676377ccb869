/** What is small on the wire and would be large, or long, in the server: refused before it is. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  LEAST_PIECE_BYTES,
  MAX_BODY_BYTES_HELD,
  MAX_DOWNLOAD_BYTES_HELD,
  MAX_JSON_VALUES,
  MAX_SEND_BYTES,
  SMALL_BODY_PIECES,
} from "../../src/transport/http/limits.ts";
import { eventually } from "../support/eventually.ts";
import { send } from "./raw-request.ts";
import { refusedAt } from "./refusal.ts";
import { openTenant, type Tenant } from "./tenant.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(async () => tenant.stop());

/** The answer to a body of this many chunks with so many bytes each, as far as it arrives before the connection ends. */
function inChunks(count: number, bytes: number): Promise<string> {
  const { hostname, port } = new URL(tenant.app.baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v0/pods HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.app.rootKey}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const blank = `${bytes.toString(16)}\r\n${" ".repeat(bytes)}\r\n`;
    socket.write(`1\r\n{\r\n${blank.repeat(count - 2)}1\r\n}\r\n0\r\n\r\n`);
    let answer = "";
    socket.on("data", (bytes: Buffer) => {
      answer += bytes.toString();
      if (answer.includes("}")) socket.destroy();
    });
    socket.on("close", () => resolve(answer));
    // It is cut off while it sends the rest.
    socket.on("error", (error) => (answer === "" ? reject(error) : undefined));
  });
}

describe("a body", () => {
  test.each([
    [SMALL_BODY_PIECES, 1],
    [8 * SMALL_BODY_PIECES, LEAST_PIECE_BYTES],
  ])(
    "in more small pieces than may be is a 413, one in as many is read: %i of %i bytes",
    async (most, bytes) => {
      expect(await inChunks(most - 1, bytes)).toMatch(/^HTTP\/1\.1 200 /);
      const refused = await inChunks(2 * most, Math.ceil(bytes / 2));
      expect(refused).toMatch(/^HTTP\/1\.1 413 /);
      expect(refused).toMatch(/comes in more than \d+ pieces/);
    },
  );

  test("of a million values for a list is a 413, and the list stays empty", async () => {
    const list = await send(tenant.app, {
      method: "POST",
      path: "/v3/lists",
      body: JSON.stringify({ name: "Million", type: "domain" }),
    });
    const path = `/v3/lists/${(list.body["data"] as { id: string }).id}`;
    const items = Array.from({ length: 1_000_000 }, (_, index) => `d${index}.example`);
    const answer = await send(tenant.app, {
      method: "POST",
      path: `${path}/items`,
      body: JSON.stringify({ items }),
    });
    expect(answer.status).toBe(413);
    const after = await send(tenant.app, { method: "GET", path });
    expect(after.body["data"]).toMatchObject({ items_count: 0 });
  });

  test.each([
    ["lists", (count: number) => `[${"[],".repeat(count / 2)}[]]`],
    ["lists in lists", (count: number) => "[".repeat(count) + "]".repeat(count)],
    ["numbers", (count: number) => `[${"1,".repeat(count)}1]`],
    ["texts", (count: number) => String.raw`{"a":"\\","b":[${'"\\"",'.repeat(count)}""]}`],
    ["names", (count: number) => `{${'"a":1,'.repeat(count)}"a":1}`],
  ])("of more %s than anything here has use for is refused before it is parsed", async (_what, bodyOf) => {
    const body = bodyOf(MAX_JSON_VALUES + 2);
    const answer = await send(tenant.app, { method: "POST", path: "/v0/pods", body });
    expect(refusedAt(answer, 400, [])).toBeNull();
    expect(answer.text).toContain(`JSON may hold ${MAX_JSON_VALUES} values at most`);
  });

  test("whose texts are full of what holds values elsewhere is read", async () => {
    const text = String.raw`,[{\"\\`.repeat(MAX_JSON_VALUES);
    const body = `{"name":"Pod","more":"${text}","client_id":"full"}`;
    const answer = await send(tenant.app, { method: "POST", path: "/v0/pods", body });
    expect(answer).toMatchObject({ status: 200, body: { client_id: "full" } });
  });
});

/** A connection that has sent these bytes; what it answers is kept, if it is read. */
function opened(bytes: string): { socket: Socket; answer: () => string } {
  const { hostname, port } = new URL(tenant.app.baseUrl);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(bytes);
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  return { socket, answer: () => answer };
}

async function newPod(): Promise<{ inbox: string; key: string }> {
  const client = tenant.app.client();
  const pod = await client.pods.create({});
  const inbox = await client.pods.inboxes.create(pod.podId, {});
  const key = await client.pods.apiKeys.create(pod.podId, {});
  if (!("apiKey" in key)) throw new Error("not a bearer key");
  return { inbox: inbox.inboxId, key: key.apiKey };
}

describe("one tenant", () => {
  test("beyond half of the memory budget for bodies gets 503, and the others are served", async () => {
    const [greedy, other] = [await newPod(), await newPod()];
    const head = `POST /v0/inboxes/${greedy.inbox}/messages/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${greedy.key}\r\n`;
    const held = Array.from({ length: MAX_BODY_BYTES_HELD / MAX_SEND_BYTES }, () =>
      opened(`${head}Content-Length: ${MAX_SEND_BYTES}\r\n\r\n{`),
    );
    try {
      const refused = () => held.filter(({ answer }) => answer().startsWith("HTTP/1.1 503 ")).length;
      await eventually("those beyond the share are refused", async () => refused() >= held.length / 2 - 2);
      expect(refused()).toBeLessThan(held.length);
      const body = { to: "x@outside.test", text: "x".repeat(MAX_SEND_BYTES / 2) };
      const path = `/v0/inboxes/${other.inbox}/messages/send`;
      expect((await send(tenant.app, { method: "POST", path, body, key: other.key })).status).toBe(200);
    } finally {
      for (const { socket } of held) socket.destroy();
    }
    await eventually("the budget is free again", async () => {
      const body = { to: "x@outside.test", text: "x".repeat(MAX_SEND_BYTES / 2) };
      const path = `/v0/inboxes/${greedy.inbox}/messages/send`;
      return (await send(tenant.app, { method: "POST", path, body, key: greedy.key })).status === 200;
    });
  });

  test("that reads none of its downloads has a bounded number of them open", async () => {
    const [greedy, other] = [await newPod(), await newPod()];
    const linkOf = async ({ inbox, key }: typeof greedy): Promise<string> => {
      const client = tenant.app.client(key);
      const content = Buffer.alloc(8_000_000).toString("base64");
      const { messageId } = await client.inboxes.messages.send(inbox, {
        to: "x@outside.test",
        attachments: [{ content }],
      });
      const raw = await client.inboxes.messages.getRaw(inbox, messageId);
      return new URL(raw.downloadUrl).pathname;
    };
    const [path, otherPath] = [await linkOf(greedy), await linkOf(other)];
    const ask = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const unread: Socket[] = [];
    /** Asks once more, reads the start of the answer and no more of it. */
    const status = async (): Promise<string> => {
      const { socket, answer } = opened(ask);
      unread.push(socket);
      await once(socket, "data");
      socket.pause();
      return answer().slice(0, "HTTP/1.1 200".length);
    };
    try {
      const most = MAX_DOWNLOAD_BYTES_HELD / 2 / 8_000_000;
      let accepted = 0;
      while (accepted <= most && (await status()) === "HTTP/1.1 200") accepted++;
      expect(accepted).toBeGreaterThan(1);
      expect(accepted).toBeLessThan(most);
      expect(await status()).toBe("HTTP/1.1 503");
      const others = await fetch(`${tenant.app.baseUrl}${otherPath}`);
      expect((await others.arrayBuffer()).byteLength).toBeGreaterThan(8_000_000);
    } finally {
      for (const socket of unread) socket.destroy();
    }
    await eventually(
      "the budget is free again",
      async () => (await fetch(`${tenant.app.baseUrl}${path}`)).status === 200,
    );
  });
});
