/** `rookery mcp` as MCP clients start it: the tools of the server, over standard input and output. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../support/command.ts";
import { callTool, type Era, mcpClient } from "../support/mcp-client.ts";
import { program } from "../support/program.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await testApp();
  folder = await mkdtemp(join(tmpdir(), "rookery-mcp-"));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

async function overStdio(key: string, era: Era): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: era } });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [program(), "mcp"],
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: key },
  });
  await client.connect(transport);
  return client;
}

describe("a client that starts a command", () => {
  test.each<Era>(["legacy", "auto"])(
    "has the same tools as one over HTTP, and the same answers (%s)",
    async (era) => {
      const local = await overStdio(app.rootKey, era);
      const remote = await mcpClient(`${app.baseUrl}/mcp`, { "x-api-key": app.rootKey }, era);
      expect(local.getInstructions()).toBe(remote.getInstructions());
      expect((await local.listTools()).tools).toEqual((await remote.listTools()).tools);
      const made = await callTool(local, "create_inbox", { username: `stdio-${era}` });
      const inboxId = made.structured["inboxId"];
      expect(await callTool(local, "get_inbox", { inboxId })).toEqual(
        await callTool(remote, "get_inbox", { inboxId }),
      );
      const absent = { inboxId: "nobody-there@rookery.localhost" };
      expect(await callTool(local, "get_inbox", absent)).toEqual(await callTool(remote, "get_inbox", absent));
      await expect(callTool(local, "get_inbx", absent)).rejects.toThrow("Did you mean get_inbox?");
      await local.close();
      await remote.close();
    },
  );

  test("is told by the server what is too large, and goes on", async () => {
    const client = await overStdio(app.rootKey, "legacy");
    const { structured } = await callTool(client, "create_inbox", { username: "stdio-large" });
    const inboxId = structured["inboxId"];
    const text = "x".repeat(13 * 1024 * 1024);
    await expect(callTool(client, "send_message", { inboxId, to: [inboxId], text })).rejects.toThrow(
      "The request body exceeds 12582912 bytes",
    );
    expect((await callTool(client, "get_inbox", { inboxId })).isError).not.toBe(true);
    await client.close();
  });

  test("sees no tool that its key may not use", async () => {
    const { body } = await app.request("POST", "/v0/api-keys", {
      body: { name: "reader", permissions: { inbox_read: true } },
    });
    const client = await overStdio(String(body["api_key"]), "legacy");
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["list_inboxes", "get_inbox"]);
    await client.close();
  });
});

describe("a command that cannot serve", () => {
  test("says at once that the key is not taken, and what to set", async () => {
    const settings = { ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: `am_${"x".repeat(40)}` };
    const { code, stdout, stderr } = await runCommand(["mcp"], folder, settings);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("Set ROOKERY_API_KEY to a key of that server.");
  });

  test("says at once that no server answers", async () => {
    const settings = { ROOKERY_BASE_URL: "http://127.0.0.1:9", ROOKERY_API_KEY: `am_${"x".repeat(40)}` };
    const { code, stderr } = await runCommand(["mcp"], folder, settings);
    expect(code).toBe(1);
    expect(stderr).toContain("No server answers at http://127.0.0.1:9");
  });
});
