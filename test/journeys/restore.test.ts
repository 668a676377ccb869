/** docs/guides/backup.md: a data directory, archived with the server stopped and extracted elsewhere, is the whole installation. */
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareCluster } from "../support/prepared-cluster.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

let folder: string;
let server: ServerProcess | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-restore-"));
  await mkdir(join(folder, "elsewhere"));
  // PostgreSQL runs as another account when the tests run as root, and passes through.
  for (const path of [folder, join(folder, "elsewhere")]) await chmod(path, 0o711);
});
afterEach(async () => {
  await server?.kill();
  await rm(folder, { recursive: true, force: true });
});

const clientOf = ({ baseUrl, rootKey }: ServerProcess): AgentMailClient =>
  new AgentMailClient({ baseUrl, apiKey: rootKey });

test("an archive of the stopped server's directory restores mail, keys and webhook secrets elsewhere", async () => {
  await prepareCluster(join(folder, "rookery"));
  server = await startServer(join(folder, "rookery"));
  const before = clientOf(server);
  const { inboxId } = await before.inboxes.create({ username: "ann" });
  const sent = await before.inboxes.messages.send(inboxId, { to: "x@outside.test", text: "kept" });
  const webhook = await before.webhooks.create({
    url: "https://app.example.com/in",
    eventTypes: ["message.received"],
  });
  await server.end();
  const archive = join(folder, "rookery-backup.tgz");
  const left = ["--exclude=socket", "--exclude=postgres.log"];
  execFileSync("tar", ["-C", folder, "-czpf", archive, ...left, "rookery"]);
  await rm(join(folder, "rookery"), { recursive: true });

  execFileSync("tar", ["-C", join(folder, "elsewhere"), "-xzpf", archive, "--same-owner"]);
  const restored = join(folder, "elsewhere/rookery");
  expect(await readdir(restored)).toEqual(expect.arrayContaining(["postgres", "root.key", "seal.key"]));
  server = await startServer(restored);
  const after = clientOf(server);
  expect((await after.inboxes.messages.get(inboxId, sent.messageId)).text?.trim()).toBe("kept");
  expect(await after.webhooks.get(webhook.webhookId)).toEqual(webhook);
  await server.end();
});
