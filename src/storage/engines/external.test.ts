import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { query } from "../../../test/support/engine-process.ts";
import { preparedFolder } from "../../../test/support/prepared-cluster.ts";
import { startEmbedded } from "./embedded.ts";
import { type Engine, EngineError } from "./engine.ts";
import { openExternal } from "./external.ts";

let server: Engine;
let address = "";
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startEmbedded({
    dataDir: await preparedFolder((end) => void cleanups.push(end)),
    log: () => undefined,
  });
  if ("host" in server.connection)
    address = `host=${encodeURIComponent(server.connection.host)}&port=${server.connection.port}`;
});

afterAll(async () => {
  await server.stop();
  for (const cleanup of cleanups) await cleanup();
});

async function refusal(url: string): Promise<EngineError> {
  const error: unknown = await openExternal(url).catch((reason: unknown) => reason);
  if (!(error instanceof EngineError)) throw new Error(`not refused: ${inspect(error)}`);
  return error;
}

test("a database is opened by a URL that names a socket, and is still there after stop", async () => {
  const engine = await openExternal(`postgresql:///rookery?${address}&user=rookery_owner`);
  expect(engine.name).toBe("external");
  expect(engine.version).toBe(server.version);
  expect(await query(engine.connection, "select current_user as who")).toEqual([{ who: "rookery_owner" }]);
  await engine.stop();
  await engine.stop();
  expect(await query(engine.connection, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("an absent database and an absent role are named", async () => {
  expect((await refusal(`postgresql:///nowhere?${address}&user=rookery_owner`)).message).toMatch(
    /"nowhere" does not exist.*Check DATABASE_URL/,
  );
  expect((await refusal(`postgresql:///rookery?${address}&user=stranger`)).message).toContain(
    '"stranger" does not exist',
  );
});

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const port = portOf(listener);
  listener.close();
  await once(listener, "close");
  return port;
}

function portOf(listener: Server): number {
  const place = listener.address();
  return typeof place === "object" && place !== null ? place.port : 0;
}

test("a refused connection is reported with host and port, for a name with several addresses too", async () => {
  const port = await closedPort();
  for (const host of ["127.0.0.1", "localhost"]) {
    const { message } = await refusal(`postgresql://ann:s3cret%21@${host}:${port}/mail`);
    expect(message).toContain(`The database at ${host}:${port}/mail cannot be used`);
    expect(message).toContain("ECONNREFUSED");
  }
});

test.each([
  ["refused", "postgresql://ann:top%2Fsecret@127.0.0.1:1/mail"],
  ["given as a parameter", "postgresql://127.0.0.1:1/mail?user=ann&password=top%2Fsecret"],
  ["not encoded", "postgresql://ann:top/secret@127.0.0.1:1/mail"],
  ["like a port", "postgresql://ann:1234/secret@127.0.0.1:1/mail"],
  ["of another kind of database", "mysql://ann:top%2Fsecret@127.0.0.1:1/mail"],
  ["with a broken port", "postgresql://ann:top%2Fsecret@127.0.0.1:port/mail"],
  ["with a broken escape", "postgresql://ann:top%secret@127.0.0.1:1/mail"],
])("no password is shown when the URL is %s", async (_what, url) => {
  const error = await refusal(url);
  expect(error.message).toContain("DATABASE_URL");
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/secret|1234|top%/);
});

function field(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Rows of text as PostgreSQL's wire protocol 3.0 has them ("Message Formats"): description, one row, end, ready. */
function answerOf(columns: Readonly<Record<string, string>>): Buffer {
  const count = Buffer.from([0, Object.keys(columns).length]);
  // Per column: name, then table, column number, type 25 (text), size, modifier, format.
  const names = Object.keys(columns).map((name) =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]),
    ]),
  );
  const values = Object.values(columns).map((value) =>
    Buffer.concat([Buffer.from([0, 0, 0, value.length]), Buffer.from(value)]),
  );
  return Buffer.concat([
    field("T", Buffer.concat([count, ...names])),
    field("D", Buffer.concat([count, ...values])),
    field("C", Buffer.from("SELECT 1\0")),
    field("Z", Buffer.from("I")),
  ]);
}

/** Process id of a session ("Message Formats": BackendKeyData). */
function keyData(backend: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeInt32BE(backend);
  return field("K", body);
}

/** A server that takes anybody, and answers every query with the version given. @param said process id that it says when a connection begins */
async function serverOfVersion(number: string, version: string, said = 7): Promise<number> {
  const peers = new Set<Socket>();
  const listener = createServer((peer) => {
    peers.add(peer);
    peer.once("data", () => {
      peer.write(Buffer.concat([field("R", Buffer.alloc(4)), keyData(said), field("Z", Buffer.from("I"))]));
      peer.on(
        "data",
        (chunk: Buffer) =>
          void (chunk[0] === 0x51 && peer.write(answerOf({ number, version, backend: "7" }))),
      );
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => {
    for (const peer of peers) peer.destroy();
    listener.close();
  });
  return portOf(listener);
}

/** A server that refuses everybody with a message of its own ("Message Formats": ErrorResponse). */
async function serverThatSays(message: string): Promise<number> {
  const listener = createServer((peer) => {
    peer.once("data", () => peer.end(field("E", Buffer.from(`SFATAL\0C28000\0M${message}\0\0`))));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => void listener.close());
  return portOf(listener);
}

test("a server that quotes the password back does not make us show it", async () => {
  const port = await serverThatSays("pooler: no login ann with 'top/secret' (top%2Fsecret)");
  const error = await refusal(`postgresql://ann:top%2Fsecret@127.0.0.1:${port}/mail`);
  expect(error.message).toContain("pooler: no login ann with '***' (***)");
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("secret");
});

test("PostgreSQL 14 is refused with its version, 15 is taken", async () => {
  const old = await serverOfVersion("140023", "14.23");
  expect((await refusal(`postgresql://ann@127.0.0.1:${old}/mail`)).message).toBe(
    "The database is PostgreSQL 14.23, and Rookery needs 15 or newer. Upgrade it, or unset DATABASE_URL to use the built-in one.",
  );
  const enough = await serverOfVersion("150000", "15.0");
  expect((await openExternal(`postgresql://ann@127.0.0.1:${enough}/mail`)).version).toBe("15.0");
});

test("a pooler is refused: its sessions are others' as well", async () => {
  const pooler = await serverOfVersion("150000", "15.0", 8);
  expect((await refusal(`postgresql://ann@127.0.0.1:${pooler}/mail`)).message).toBe(
    `At 127.0.0.1:${pooler}/mail is a connection pooler, such as PgBouncer, and behind it no session is Rookery's own. Set DATABASE_URL to PostgreSQL itself.`,
  );
});
