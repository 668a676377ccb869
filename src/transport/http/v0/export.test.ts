import { get, type IncomingMessage } from "node:http";
import { unpackTar } from "modern-tar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { announce, digestOf, keepFile, put } from "../../../../test/support/inbox-files.ts";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";
import { EXPORT_BYTES } from "../../../domain/fleet/exports/limits.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
});
afterAll(() => app.stop());

test("an export has the files of all inboxes with their bytes, those of several parts as well, and what was not completed not", async () => {
  const client = app.client();
  const { podId } = await client.pods.create({ name: "Leaving" });
  const [one, two] = [
    (await client.pods.inboxes.create(podId, { username: "one" })).inboxId,
    (await client.pods.inboxes.create(podId, { username: "two" })).inboxId,
  ];
  const { inboxId: foreign } = await client.inboxes.create({ username: "foreign" });
  // More than a part has, and no whole number of pieces.
  const large = Buffer.alloc(2 * EXPORT_BYTES + 12_345, "0123456789abcdef");
  const contents: [string, string, Buffer<ArrayBuffer>][] = [
    [one, "notes/a.txt", Buffer.from("first")],
    [two, "large.bin", large],
    [two, "empty", Buffer.alloc(0)],
    [two, "notes/a.txt", Buffer.from("second")],
  ];
  for (const [inbox, path, content] of contents) await keepFile(app, inbox, path, content);
  await keepFile(app, foreign, "notes/a.txt", Buffer.from("not of the pod"));
  await put(await announce(app, one, "not completed", Buffer.from("hush")), Buffer.from("hush"));

  const answer = await fetch(`${app.baseUrl}/v0/pods/${podId}/export`, {
    headers: { authorization: `Bearer ${app.rootKey}` },
  });
  const entries = new Map(
    (await unpackTar(Buffer.from(await answer.arrayBuffer()))).map(({ header, data }) => [
      header.name.slice(podId.length + 1),
      Buffer.from(data ?? []),
    ]),
  );
  const lines = [...entries]
    .filter(([name]) => /^files(-\d+)?\.json$/.test(name))
    // Cast: what the archive says of each.
    .flatMap(([, content]) => JSON.parse(content.toString()) as Record<string, unknown>[]);
  expect(lines.map(({ inbox_id: inbox, path }) => [inbox, path])).toEqual(
    contents.map(([inbox, path]) => [inbox, path]),
  );
  for (const [at, [, , content]] of contents.entries()) {
    const line = lines[at];
    expect(line).toMatchObject({ size: content.byteLength, sha256: digestOf(content) });
    expect(entries.get(String(line?.["file"]))?.equals(content)).toBe(true);
  }
  expect([...entries.keys()].filter((name) => /^inboxes\/.*\/files\//.test(name))).toHaveLength(4);
  expect(JSON.parse(entries.get("manifest.json")?.toString() ?? "")).toMatchObject({
    format: "rookery-pod-export/2",
    files: 4,
    file_bytes: contents.reduce((sum, [, , content]) => sum + content.byteLength, 0),
  });
});

test("a key that is deleted while its export is under way gets no more of it", async () => {
  const client = app.client();
  const { podId } = await client.pods.create({ name: "Taken back" });
  const { inboxId } = await client.pods.inboxes.create(podId, { username: "taken" });
  // More than what waits in buffers for a client that does not read.
  const bytes = 4 * EXPORT_BYTES;
  await keepFile(app, inboxId, "large.bin", Buffer.alloc(bytes, "0123456789abcdef"));
  const { apiKey, apiKeyId } = await client.pods.apiKeys.create(podId, { name: "export" });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${apiKey}` };
    get(`${app.baseUrl}/v0/pods/${podId}/export`, { headers }, resolve).on("error", reject);
  });
  await client.pods.apiKeys.delete(podId, apiKeyId);
  let count = 0;
  const read = async () => {
    for await (const chunk of answer) count += Buffer.byteLength(chunk);
  };
  await expect(read()).rejects.toThrow("aborted");
  expect(count).toBeLessThan(bytes);
});
