/** kill -9 in the middle of uploads: a file has all of its bytes, or is uploaded again, and nothing is left over or counted twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FILE_PIECE_BYTES } from "../../src/domain/mail/files/limits.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { announce, ask, bytesOf, complete, filesOf, put, type WireFile } from "../support/inbox-files.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

let database: TestDatabase;
let directory: string;
let server: ServerProcess;
let worker: pg.Client;
let inbox: string;
beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-uploads-"));
  await start();
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await worker.connect();
  const client = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey });
  inbox = (await client.inboxes.create({ username: "keeper" })).inboxId;
});
afterEach(async () => {
  await worker.end();
  await server.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await startServer(directory, { DATABASE_URL: database.url });
}

/** Links name the port of the process that made them. */
const here = ({ upload, ...file }: WireFile): WireFile =>
  upload === undefined
    ? file
    : { ...file, upload: { ...upload, url: server.baseUrl + new URL(upload.url).pathname } };

async function rows(): Promise<{ pieces: number; blobs: number; held: number }> {
  const { rows: found } = await worker.query<{ pieces: number; blobs: number; held: number }>(
    `select (select count(*) from file_pieces)::integer as pieces, (select count(*) from blobs)::integer as blobs,
      (select coalesce(sum(size), 0) from files where ends_at > now())::integer as held`,
  );
  return found[0] ?? { pieces: -1, blobs: -1, held: -1 };
}

const content = Buffer.from(
  Array.from({ length: 5 * FILE_PIECE_BYTES + 321 }, (_none, at) => (at >> 10) + (at % 251)),
);

/** Sends so many bytes of the body, and keeps the connection. */
function sendPart({ upload }: WireFile, bytes: number): void {
  const { url = "", headers = {} } = upload ?? {};
  const { port, hostname, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  // The server is killed.
  socket.on("error", () => undefined);
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = headers["content-length"] ?? headers["Content-Length"];
  socket.write(
    `PUT ${pathname} HTTP/1.1\r\nHost: x\r\n${fields.join("")}${length === undefined ? `Content-Length: ${content.byteLength}\r\n` : ""}\r\n`,
  );
  socket.write(content.subarray(0, bytes));
}

const expectWhole = async (file: WireFile): Promise<void> => {
  const { status, body } = await complete(server, inbox, file);
  expect([status, body.status]).toEqual([200, "ready"]);
  expect((await bytesOf(body)).equals(content)).toBe(true);
  expect(await rows()).toEqual({ pieces: 6, blobs: 6, held: content.byteLength });
};

test("killed between two pieces: the file waits for its bytes, the same program once more keeps it, and nothing is left of the first upload", async () => {
  const file = await announce(server, inbox, "a.bin", content);
  sendPart(file, 3 * FILE_PIECE_BYTES + 5);
  await eventually("three pieces", async () => (await rows()).pieces === 3);
  await server.kill();
  await start();
  expect((await complete(server, inbox, file)).status).toBe(409);
  const again = await announce(server, inbox, "a.bin", content);
  expect([again.file_id, again.upload === undefined]).toEqual([file.file_id, false]);
  expect(await put(again, content)).toBe(200);
  await expectWhole(file);
});

test("killed between two pieces, and deleted: no byte is left, and the quota has its room again", async () => {
  const file = await announce(server, inbox, "a.bin", content);
  sendPart(file, 4 * FILE_PIECE_BYTES + 5);
  await eventually("four pieces", async () => (await rows()).pieces === 4);
  await server.kill();
  await start();
  expect((await ask(server, "DELETE", `${filesOf(inbox)}/${file.file_id}`)).status).toBe(204);
  await eventually("the sweep", async () => (await rows()).blobs === 0);
  expect(await rows()).toEqual({ pieces: 0, blobs: 0, held: 0 });
});

test("killed right behind the 200 of the upload: its bytes are there, and completing it is all that is left", async () => {
  const file = await announce(server, inbox, "a.bin", content);
  expect(await put(file, content)).toBe(200);
  await server.kill();
  await start();
  // The bytes once more are those that are there.
  expect(await put(here(file), content)).toBe(200);
  await expectWhole(file);
});

test("killed while pieces come, wherever it is: a 200 means that all of them are there, and without one the upload is repeated", async () => {
  const moments = [1, 2, 4, 5];
  for (const [round, moment] of moments.entries()) {
    const path = `at-${moment}.bin`;
    const file = await announce(server, inbox, path, content);
    const killed = eventually("some pieces", async () => (await rows()).pieces >= 6 * round + moment).then(
      () => server.kill(),
    );
    const status = await put(file, content).catch(() => null);
    await killed;
    await start();
    const again = await announce(server, inbox, path, content);
    expect(again.file_id).toBe(file.file_id);
    if (status === 200) expect([again.status, again.upload]).toEqual(["ready", undefined]);
    if (again.upload !== undefined) expect(await put(again, content)).toBe(200);
    const { body } = await complete(server, inbox, file);
    expect((await bytesOf(body)).equals(content)).toBe(true);
  }
  const { pieces, held } = await rows();
  expect([pieces, held]).toEqual([6 * moments.length, moments.length * content.byteLength]);
});
