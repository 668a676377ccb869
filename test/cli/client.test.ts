/** How commands get on with servers that refuse, fail, are others, or are not there. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { callCommand, type Ended, type Settings } from "../support/command.ts";
import { openSockets } from "../support/sockets.ts";
import { type Answer, type Asked, answerOf, type RecordedApi, recordedApi, refused } from "./recorded-api.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-client-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let api: RecordedApi | null = null;
afterEach(async () => {
  await api?.end();
  api = null;
});

const KEY = "am_us_0123456789abcdef0123";
const list = { id: "l1", name: "Blocked", type: "domain", items_count: 2 };

async function rookery(
  line: string,
  answers: Readonly<Record<string, (asked: Asked) => Answer>>,
  settings: Settings = { ROOKERY_API_KEY: KEY },
): Promise<Ended> {
  api = await recordedApi(answers);
  return callCommand(line.split(" "), folder, { ROOKERY_BASE_URL: api.url, ...settings });
}

/** Answers in turn; the last one from then on. */
function inTurn(...answers: readonly Answer[]): () => Answer {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)] ?? answerOf(null);
}

const again = (status: number, retryAfter: string): Answer => ({
  ...refused(status, "rate_limit_error", "Too many requests, please try again shortly."),
  headers: { "retry-after": retryAfter },
});

test.each([429, 503])("a read refused with %i is tried again when the server says", async (status) => {
  const answers = { "GET /v3/lists": inTurn(again(status, "0"), again(status, "0"), answerOf([list])) };
  const { code, stdout } = await rookery("agent list list -q", answers);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "l1\n" });
  expect(api?.asked).toHaveLength(3);
});

test("four refusals are enough", async () => {
  const { code, stdout, stderr } = await rookery("agent list list", {
    "GET /v3/lists": inTurn(again(429, "0")),
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: Too many requests, .* \(HTTP 429, .*\)\. Try again in 0 s\.\n$/);
  expect(api?.asked).toHaveLength(4);
});

test("what resets at midnight is not waited for", async () => {
  const { code, stderr } = await rookery("agent list list", { "GET /v3/lists": inTurn(again(429, "3600")) });
  expect(code).toBe(1);
  expect(stderr).toContain("Try again in 3600 s.");
  expect(api?.asked).toHaveLength(1);
});

test("a create is repeated when it was not begun (429), and not when it may have been done (503)", async () => {
  const line = "agent list create --name Blocked --type domain -q";
  const refusedFirst = { "POST /v3/lists": inTurn(again(429, "0"), answerOf(list, 201)) };
  expect(await rookery(line, refusedFirst)).toMatchObject({ code: 0, stdout: "l1\n" });
  await api?.end();
  const unclear = { "POST /v3/lists": inTurn(again(503, "0"), answerOf(list, 201)) };
  expect(await rookery(line, unclear)).toMatchObject({ code: 1, stdout: "" });
  expect(api?.asked).toHaveLength(1);
});

test("a wrong key is named by its beginning and by where it is from", async () => {
  const answers = { "GET /v3/lists": () => refused(401, "unauthorized", "Unauthorized") };
  const { code, stdout, stderr } = await rookery("agent list list", answers);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("does not accept the key am_us_012345... of ROOKERY_API_KEY.");
  expect(stderr).not.toContain(KEY);
  await api?.end();

  const data = join(folder, "data");
  await mkdir(data);
  await writeFile(join(data, "root.key"), `${KEY}\n`);
  const ofFile = await rookery("agent list list", answers, { ROOKERY_DATA_DIR: data });
  expect(ofFile.stderr).toContain(`of ${join(data, "root.key")}.`);
  expect(api?.asked).toMatchObject([{ key: KEY }]);
});

test("a key that may not is named as well", async () => {
  const { stderr } = await rookery("agent list list", {
    "GET /v3/lists": () => refused(403, "insufficient_scopes", "The key may not read lists."),
  });
  expect(stderr).toBe(
    "error: The key may not read lists (HTTP 403, insufficient_scopes, request r-1). It was asked with the key am_us_012345... of ROOKERY_API_KEY.\n",
  );
});

test("what is refused with 403 for another reason than its key says nothing of the key", async () => {
  const { stderr } = await rookery("agent list list", {
    "GET /v3/lists": () => refused(403, "limit_exceeded", "There are too many lists."),
  });
  expect(stderr).toBe("error: There are too many lists (HTTP 403, limit_exceeded, request r-1).\n");
});

test("the root key of a data directory is not sent to another machine", async () => {
  const data = join(folder, "elsewhere");
  await mkdir(data);
  await writeFile(join(data, "root.key"), `${KEY}\n`);
  for (const url of ["http://192.0.2.1:8080", "https://mail.example", "http://127.0.0.1.example"]) {
    const { code, stderr } = await callCommand(["agent", "list", "list"], folder, {
      ROOKERY_BASE_URL: url,
      ROOKERY_DATA_DIR: data,
    });
    expect(code).toBe(2);
    expect(stderr).toContain(`ROOKERY_BASE_URL is ${url}, another machine: set ROOKERY_API_KEY`);
  }
});

test("without any key: 2, and both places are named", async () => {
  const { code, stderr } = await callCommand(["agent", "list", "list"], folder, {
    ROOKERY_DATA_DIR: join(folder, "none"),
  });
  expect(code).toBe(2);
  expect(stderr).toContain("ROOKERY_API_KEY is not set");
  expect(stderr).toContain(join(folder, "none", "root.key"));
});

test("where no server runs, the message says how to start one", async () => {
  const sockets = openSockets();
  const port = await sockets.open(createServer());
  await sockets.end();
  const { code, stdout, stderr } = await callCommand(["agent", "list", "list"], folder, {
    ROOKERY_BASE_URL: `http://127.0.0.1:${port}`,
    ROOKERY_API_KEY: KEY,
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe(
    `error: No server answers at http://127.0.0.1:${port} (ECONNREFUSED). Start one with \`rookery serve\`, or set ROOKERY_BASE_URL to where one runs.\n`,
  );
});

test("a connection that ends in the middle of an answer is an error, not a shorter list", async () => {
  const sockets = openSockets();
  const port = await sockets.raw((socket) => {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"data":[');
  });
  const { code, stdout, stderr } = await callCommand(["agent", "list", "list"], folder, {
    ROOKERY_BASE_URL: `http://127.0.0.1:${port}`,
    ROOKERY_API_KEY: KEY,
  });
  await sockets.end();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /^error: The connection to \S+ broke before its answer was whole \(UND_ERR_SOCKET\)/,
  );
});

test.each<[string, Answer, RegExp]>([
  ["a page of HTML", { body: "<html>hello</html>" }, /does not answer as Rookery's API does \(no JSON\)/],
  ["another API", { body: { lists: [] } }, /does not answer as Rookery's API does \(data: /],
  ["a proxy's refusal", { status: 502, body: "<h1>Bad gateway</h1>" }, /GET \/v3\/lists failed \(HTTP 502\)/],
  [
    "another server's refusal",
    { status: 404, body: "<h1>Not found</h1>" },
    /failed, and what answers at \S+ is not Rookery's API: check ROOKERY_BASE_URL \(HTTP 404\)/,
  ],
  [
    "a redirect",
    { status: 308, headers: { location: "https://other.example/v3/lists" }, body: "" },
    /redirects to https:\/\/other\.example\/v3\/lists: set ROOKERY_BASE_URL/,
  ],
])("%s is an error that says so", async (_, answer, says) => {
  const { code, stdout, stderr } = await rookery("agent list list --json", { "GET /v3/lists": () => answer });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(says);
});
