/** `rookery inboxes files create --upload` against a server: what becomes of the file, and what is said of one that cannot be kept. */
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_FILE_BYTES, MAX_FILES_BYTES } from "../../src/domain/mail/files/index.ts";
import { callCommand, type Ended, startCommand } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";
import { ask, bytesOf, filesOf, type WireFile } from "../support/inbox-files.ts";
import { openSockets } from "../support/sockets.ts";
import { hasTerminal, plain, runOnTerminal } from "../support/terminal.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let folder: string;
let inbox: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  folder = await mkdtemp(join(tmpdir(), "rookery-upload-"));
  inbox = (await app.client().inboxes.create({ username: "keeper" })).inboxId;
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

const settings = () => ({ ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: app.rootKey });
const upload = (file: string, ...more: string[]): Promise<Ended> =>
  callCommand(["inboxes", "files", "create", inbox, "--upload", file, ...more], folder, settings());

const isTold = async (ended: Promise<Ended>) => {
  const { code, stdout, stderr } = await ended;
  expect(stdout).toBe("");
  return { code, stderr };
};

interface Listed {
  readonly file_id: string;
  readonly path: string;
}

async function listed(): Promise<readonly Listed[]> {
  const { body } = await app.request("GET", filesOf(inbox));
  // Cast: what a list of files has, as far as the tests look at it.
  return body["files"] as Listed[];
}

/** Cast: what the command prints is what the API answers. */
const printed = ({ stdout }: Ended): WireFile => JSON.parse(stdout) as WireFile;

describe("a file of this machine", () => {
  test.each([
    ["an empty one", "empty.txt", Buffer.alloc(0)],
    ["one of a line", "line.txt", Buffer.from("region,amount\n")],
    [
      "one of several pieces, with a name of its own",
      "q3 „Zahlen“.csv",
      Buffer.alloc(9_000_001, "0123456789"),
    ],
  ])("is uploaded and completed: %s", async (_what, name, content) => {
    await writeFile(join(folder, name), content);
    const ended = await upload(name);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" });
    const file = printed(ended);
    expect(file).toMatchObject({ path: name, name, size: content.byteLength, status: "ready" });
    expect((await bytesOf(file)).equals(content)).toBe(true);
    // Once more it is that file, and no byte is sent.
    expect(printed(await upload(name)).file_id).toBe(file.file_id);
  });

  test("is kept under the path that is given, with its media type; its id alone with --quiet", async () => {
    await writeFile(join(folder, "a.csv"), "1,2\n");
    const { stdout } = await upload("a.csv", "--path", "in/b.csv", "--content-type", "text/csv", "--quiet");
    const { body } = await ask(app, "GET", `${filesOf(inbox)}/${stdout.trim()}`);
    expect(body).toMatchObject({ path: "in/b.csv", content_type: "text/csv", status: "ready" });
  });
});

describe("what cannot be kept is said, and leaves nothing", () => {
  test.each([
    ["missing", "none.txt", /^.*none\.txt cannot be read \(ENOENT\)/],
    ["a directory", "folder", /^.*folder cannot be read \(EISDIR\)/],
  ])("a file that is %s", async (_what, name, said) => {
    await mkdir(join(folder, "folder"), { recursive: true });
    const before = await listed();
    const { code, stderr } = await isTold(upload(name));
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
    expect(await listed()).toEqual(before);
  });

  test("one that is larger than files may be", async () => {
    await writeFile(join(folder, "huge"), "");
    // Holes, which take no room and no time to write.
    await truncate(join(folder, "huge"), MAX_FILE_BYTES + 1);
    const { code, stderr } = await isTold(upload("huge"));
    expect([code, stderr]).toEqual([1, expect.stringContaining(String(MAX_FILE_BYTES))]);
  });

  test("one over the quota, with the exit code of what is forbidden", async () => {
    const most = { sha256: Buffer.alloc(32).toString("base64"), size: MAX_FILE_BYTES };
    for (let nr = 0; nr < MAX_FILES_BYTES / MAX_FILE_BYTES - 1; nr++)
      expect((await ask(app, "POST", filesOf(inbox), { ...most, path: `full-${nr}` })).status).toBe(201);
    await ask(app, "POST", filesOf(inbox), { ...most, path: "full", size: MAX_FILE_BYTES - 20_000_000 });
    await writeFile(join(folder, "more"), Buffer.alloc(20_000_000));
    const { code, stderr } = await isTold(upload("more"));
    expect([code, stderr]).toEqual([4, expect.stringContaining("File storage limit exceeded")]);
    for (const { file_id: id, path } of await listed())
      if (path.startsWith("full")) await ask(app, "DELETE", `${filesOf(inbox)}/${id}`);
  });
});

describe("an upload that is interrupted", () => {
  test("by its user ends at once, leaves a file that waits for its bytes, and the same command keeps it", async () => {
    const content = Buffer.alloc(60_000_000, "x");
    await writeFile(join(folder, "long"), content);
    const line = ["inboxes", "files", "create", inbox, "--upload", "long"];
    const command = startCommand(line, folder, settings());
    const pending = await eventually("the file", async () =>
      (await listed()).find(({ path }) => path === "long"),
    );
    command.child.kill("SIGINT");
    expect((await command.ended).code).not.toBe(0);
    const file = printed(await upload("long"));
    expect(file).toMatchObject({ file_id: pending.file_id, status: "ready", size: content.byteLength });
    await ask(app, "DELETE", `${filesOf(inbox)}/${file.file_id}`);
  });

  test("by the server says so, with what to do", async () => {
    const sockets = openSockets();
    try {
      // In front of the server, and gone in the middle of the bytes.
      const port = await sockets.http((request, response) => {
        if (request.method === "PUT") return void request.socket.destroy();
        void relay(request.method ?? "", request.url ?? "", request).then(({ status, text }) =>
          response
            .writeHead(status, { "content-type": "application/json" })
            .end(text.replaceAll(app.baseUrl, `http://${request.headers.host}`)),
        );
      });
      await writeFile(join(folder, "cut"), Buffer.alloc(3_000_000));
      const line = ["inboxes", "files", "create", inbox, "--upload", "cut"];
      const { code, stderr } = await isTold(
        callCommand(line, folder, { ...settings(), ROOKERY_BASE_URL: `http://127.0.0.1:${port}` }),
      );
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /could not be sent to http:\/\/127\.0\.0\.1:\d+ \(\w+\)\. Run the command again\./,
      );
      expect(printed(await upload("cut"))).toMatchObject({ status: "ready" });
    } finally {
      await sockets.end();
    }
  });
});

/** The request at the server. */
async function relay(
  method: string,
  path: string,
  body: AsyncIterable<Buffer>,
): Promise<{ readonly status: number; readonly text: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const answer = await fetch(app.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${app.rootKey}`, "content-type": "application/json" },
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  });
  return { status: answer.status, text: await answer.text() };
}

test.runIf(hasTerminal)("on a terminal it is shown how much is sent, and then the file", async () => {
  await writeFile(join(folder, "shown"), Buffer.alloc(10_000_000));
  const { code, lines } = await runOnTerminal(
    `inboxes files create ${inbox} --upload shown`,
    folder,
    settings(),
  );
  const shown = lines.map(plain).join("\n");
  expect(code).toBe(0);
  expect(shown).toContain("10000000/10000000 bytes");
  expect(shown).toMatch(/Status:\s+ready/);
});
