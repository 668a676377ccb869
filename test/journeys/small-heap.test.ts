/** A server with little heap under sends as large as there are: it refuses what it has no memory for, and goes on. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareCluster } from "../support/prepared-cluster.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

let folder: string;
let server: ServerProcess;
const sender = "sender@rookery.localhost";

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

async function call(method: string, path: string, text?: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${server.rootKey}`, "content-type": "application/json" };
  const answer = await fetch(`${server.baseUrl}/v0${path}`, {
    method,
    headers,
    ...(text !== undefined && { body: text }),
  });
  // Cast: every answer of the API is an object.
  const body = (await answer.json()) as Answer["body"];
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-heap-"));
  // PostgreSQL runs as another account when the tests run as root, and passes through.
  await chmod(folder, 0o711);
  await prepareCluster(folder);
  server = await startServer(folder, { NODE_OPTIONS: "--max-old-space-size=96" });
  await call("POST", "/inboxes", JSON.stringify({ username: "sender" }));
});
afterAll(async () => {
  await server.kill();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const BODY_CHARACTERS = 11.5 * 1024 * 1024;

const fileOf = (index: number) =>
  `{"to":"x@outside.test","subject":"file ${index}","attachments":[{"content":"${"ABCD".repeat(BODY_CHARACTERS / 4)}"}]}`;
const textOf = (index: number) =>
  `{"to":"x@outside.test","subject":"text ${index}","text":"${"hello ".repeat(BODY_CHARACTERS / 6)}"}`;

const send = (text: string): Promise<Answer> => call("POST", `/inboxes/${sender}/messages/send`, text);

/** How many messages of that subject there are. */
async function countOf(subject: string): Promise<number> {
  const { body } = await call(
    "GET",
    `/inboxes/${sender}/messages?limit=100&subject=${encodeURIComponent(subject)}`,
  );
  return Number(body["count"]);
}

test.each([
  ["file", fileOf],
  ["text", textOf],
])(
  "several sends of 11.5 MB of a %s at once are each done or to be repeated, and nothing is lost",
  async (kind, bodyOf) => {
    const answers = await Promise.all(Array.from({ length: 6 }, (_none, index) => send(bodyOf(index))));
    const done = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(done.length).toBeGreaterThan(0);
    for (const { status, retryAfter, body } of refused) {
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
      expect(body).toMatchObject({ message: "Too many large requests at once" });
    }
    expect(await countOf(kind)).toBe(done.length);
    expect((await send(bodyOf(9))).status).toBe(200);
  },
);

test("a send that this heap has no room for alone is refused, and the others go on", async () => {
  const wide = `{"to":"x@outside.test","subject":"wide","text":"\u{1f600}${"hello ".repeat(BODY_CHARACTERS / 6)}"}`;
  const { status, body } = await send(wide);
  expect({ status, ...body }).toMatchObject({
    status: 413,
    message: "The request body is larger than this server has memory for",
  });
  expect(await countOf("wide")).toBe(0);
  expect((await send(`{"to":"x@outside.test","text":"hi"}`)).status).toBe(200);
});
