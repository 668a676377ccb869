import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Command, runCommand, startCommand } from "../support/command.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { prepareCluster } from "../support/prepared-cluster.ts";
import { sendMail } from "../support/smtp-client.ts";

interface Ready {
  readonly http?: string;
  readonly docs?: string;
  readonly smtp?: string;
  readonly keyFile: string;
  readonly postgres: string;
}

const anyPorts = {
  ROOKERY_HTTP_PORT: "0",
  ROOKERY_SMTP_PORT: "0",
  ROOKERY_SUBMISSION_PORT: "0",
  ROOKERY_LOG_LEVEL: "warn",
};
const started: Command[] = [];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-cli-"));
  // PostgreSQL runs as another account when the tests run as root, and passes through.
  await chmod(folder, 0o711);
});
afterAll(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

function serve(settings: Readonly<Record<string, string>>): Command {
  const command = startCommand(["serve"], folder, { ...anyPorts, ...settings });
  started.push(command);
  return command;
}

async function readyOf(command: Command): Promise<Ready> {
  const [, json = ""] = await command.says(/^ready (\{.*\})$/m);
  return JSON.parse(json) as Ready;
}

const portOf = (place: string | undefined): number => Number(place?.split(":").at(-1));

/** The options that V8 was given on the command line of a process. */
const optionsOf = (pid: number | undefined): readonly string[] =>
  readFileSync(`/proc/${pid}/cmdline`, "utf8")
    .split("\0")
    .filter((word) => word.startsWith("--"));

/** Is any process left that has the folder open as PostgreSQL does? */
const postgresRuns = (dataDir: string): boolean => existsSync(join(dataDir, "postgres/postmaster.pid"));

/** The fingerprint of the certificate that a client is shown after STARTTLS. */
async function certificateAt(port: number): Promise<string> {
  const plain = connect(port, "127.0.0.1");
  for (const line of ["EHLO client.test", "STARTTLS"]) {
    await replyOf(plain);
    plain.write(`${line}\r\n`);
  }
  expect(await replyOf(plain)).toMatch(/^220 /);
  const secure = connectTls({ socket: plain, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  const { fingerprint256 } = secure.getPeerCertificate();
  secure.destroy();
  return fingerprint256;
}

/** Reads up to the last line of a reply. */
async function replyOf(socket: Socket): Promise<string> {
  let text = "";
  while (!/^\d{3} .*\r\n$/m.test(text)) text += String((await once(socket, "data"))[0]);
  return text;
}

describe("serve on the built-in PostgreSQL", () => {
  let dataDir: string;
  let server: Command;
  let ready: Ready;
  beforeAll(async () => {
    dataDir = join(folder, "data");
    server = serve({ ROOKERY_DATA_DIR: "data" });
    ready = await readyOf(server);
  });

  test("once ready, every listener accepts at the address printed, and the key is in the file named", async () => {
    expect(portOf(ready.http)).toBeGreaterThan(0);
    expect((await fetch(`${ready.http}/readyz`)).status).toBe(200);
    expect(ready.docs).toBe(`${ready.http}/docs`);
    expect(ready.postgres).toMatch(/^\d+\.\d+ embedded$/);
    expect(ready.keyFile).toBe(join(dataDir, "root.key"));
    const key = (await readFile(ready.keyFile, "utf8")).trim();
    const answer = await fetch(`${ready.http}/v0/pods`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    expect(await certificateAt(portOf(ready.smtp))).toMatch(/^[0-9A-F:]{95}$/);
    expect((await readdir(dataDir)).filter((name) => name.endsWith(".pem"))).toEqual([]);
  });

  test.skipIf(process.platform !== "linux")(
    "V8 keeps little garbage: it was given the options for that (skipped because only Linux has /proc)",
    () =>
      expect(optionsOf(server.child.pid)).toEqual(["--max-semi-space-size=16", "--heap-growing-percent=100"]),
  );

  test("a second one on the same directory ends with a sentence that says who has it, and the first goes on", async () => {
    const { code, stdout, stderr } = await runCommand(["serve"], folder, {
      ...anyPorts,
      ROOKERY_DATA_DIR: "data",
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      `error: Another Rookery (process ${server.child.pid}) is using ${dataDir}. Stop it, or give this one another ROOKERY_DATA_DIR.\n`,
    );
    expect((await fetch(`${ready.http}/readyz`)).status).toBe(200);
  });

  test("SIGTERM ends it with 0 and PostgreSQL with it; it has said ready once, and its key once", async () => {
    expect(postgresRuns(dataDir)).toBe(true);
    server.child.kill("SIGTERM");
    const { code, stdout, stderr } = await server.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^ready /gm)).toHaveLength(1);
    expect(stdout.match(/^am_us_\w+$/gm)).toHaveLength(1);
    expect(postgresRuns(dataDir)).toBe(false);
  });

  test("the next start keeps the key and does not show it; SIGINT ends it with 0", async () => {
    const next = serve({ ROOKERY_DATA_DIR: "data" });
    await readyOf(next);
    next.child.kill("SIGINT");
    const { code, stdout, stderr } = await next.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toContain("am_");
    expect(postgresRuns(dataDir)).toBe(false);
  });

  test("a signal during the start ends it with 0 too, and leaves no PostgreSQL behind", async () => {
    const next = serve({ ROOKERY_DATA_DIR: "data" });
    await eventually("PostgreSQL", async () => postgresRuns(dataDir));
    next.child.kill("SIGINT");
    expect((await next.ended).code).toBe(0);
    expect(postgresRuns(dataDir)).toBe(false);
  });
});

describe("serve on a PostgreSQL of one's own", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  test.each(["ROOKERY_HTTP_PORT", "ROOKERY_SMTP_PORT", "ROOKERY_SUBMISSION_PORT"])(
    "a taken port ends it with a sentence that names %s",
    async (setting) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const { port } = other.address() as AddressInfo;
      const { code, stdout, stderr } = await runCommand(["serve"], folder, {
        ...anyPorts,
        DATABASE_URL: database.url,
        [setting]: String(port),
      });
      other.close();
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toBe(
        `error: 127.0.0.1:${port} is in use. Stop what listens there, or set ${setting} to another port (0 picks a free one).\n`,
      );
    },
  );

  test("an address that this machine does not have ends it with a sentence that names ROOKERY_HOST", async () => {
    const { code, stderr } = await runCommand(["serve"], folder, {
      ...anyPorts,
      DATABASE_URL: database.url,
      ROOKERY_HOST: "192.0.2.1",
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: 192\.0\.2\.1 is no address of this machine\. Set ROOKERY_HOST .*\n$/);
  });

  // They wait for deadlines, and do it at the same time.
  test.concurrent("when the database is gone it says which, shows callers nothing of it, and still ends", async () => {
    const gone = await createDatabase();
    const dataDir = join(folder, "gone");
    const server = serve({ DATABASE_URL: gone.url, ROOKERY_DATA_DIR: dataDir, ROOKERY_SERVICES: "http" });
    const { http, keyFile } = await readyOf(server);
    await gone.drop();
    const authorization = `Bearer ${(await readFile(keyFile, "utf8")).trim()}`;
    const answer = await fetch(`${http}/v0/pods`, { headers: { authorization } });
    const body = await answer.text();
    expect({ status: answer.status, code: JSON.parse(body).code }).toEqual({
      status: 503,
      code: "service_unavailable",
    });
    expect(body).not.toMatch(/rookery_test/);
    expect((await fetch(`${http}/readyz`)).status).toBe(503);
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    server.child.kill("SIGTERM");
    const { code, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/"level":"warn".*database .*rookery_test.* does not exist/);
  });

  test.concurrent("ROOKERY_SERVICES splits it: each process prints and runs its own services, and together they run all", async ({
    onTestFinished,
  }) => {
    const shared = await createDatabase();
    onTestFinished(() => shared.drop());
    const dataDir = join(folder, "split");
    const common = { DATABASE_URL: shared.url, ROOKERY_DATA_DIR: dataDir };
    const parts = ["http", "smtp", "smtp", "worker"].map((name) =>
      serve({ ...common, ROOKERY_SERVICES: name }),
    );
    const [http, smtp, smtp2, worker] = await Promise.all(parts.map(readyOf));
    expect(Object.keys(http ?? {})).toEqual(expect.arrayContaining(["http", "docs"]));
    expect(http).not.toHaveProperty("smtp");
    expect(smtp).not.toHaveProperty("http");
    expect(worker).not.toHaveProperty("http");
    expect(worker).not.toHaveProperty("smtp");
    // All of them started at once on one directory: one root key and one seal key.
    expect((await readdir(dataDir)).sort()).toEqual(["root.key", "seal.key"]);

    const authorization = `Bearer ${(await readFile(join(dataDir, "root.key"), "utf8")).trim()}`;
    const call = (path: string, body?: object): Promise<Response> =>
      fetch(`${http?.http}/v0${path}`, {
        headers: { authorization, ...(body && { "content-type": "application/json" }) },
        ...(body && { method: "POST", body: JSON.stringify(body) }),
      });
    for (const username of ["ann", "ben"]) expect((await call("/inboxes", { username })).status).toBe(200);
    await call("/inboxes/ann@rookery.localhost/messages/send", {
      to: "ben@rookery.localhost",
      text: "hello",
    });
    const mail = "Subject: hi\r\nMessage-ID: <1@outside.test>\r\n\r\nhi";
    const taken = await sendMail(portOf(smtp2?.smtp), "a@outside.test", ["ben@rookery.localhost"], mail);
    expect(taken).toMatch(/^250 /);
    // The one came through the worker, the other through the second SMTP process.
    await eventually("both mails", async () => {
      const answer = await call("/inboxes/ben@rookery.localhost/messages");
      return ((await answer.json()) as { count: number }).count === 2;
    });
    for (const { child } of parts) child.kill("SIGTERM");
    expect((await Promise.all(parts.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test.concurrent("a start that waits for a database that another process migrates is ended by SIGTERM as well", async () => {
    const database = await createDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    // The lock of src/storage/migrate.ts, as a migration holds it.
    await client.query("select pg_advisory_lock(7406552017)");
    const server = serve({ DATABASE_URL: database.url, ROOKERY_DATA_DIR: join(folder, "waits") });
    await eventually("its wait for the lock", async () => {
      const { rowCount } = await client.query(
        "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
      );
      return rowCount === 1;
    });
    server.child.kill("SIGTERM");
    const { code, stderr } = await server.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: Ended by SIGTERM while it was starting\./);
    await client.end();
    await database.drop();
  });
});

describe("serve with options for V8", () => {
  test.skipIf(process.platform !== "linux")(
    "leaves those alone that its operator gives (skipped because only Linux has /proc)",
    async () => {
      await prepareCluster(join(folder, "chosen"));
      const server = serve({ ROOKERY_DATA_DIR: "chosen", NODE_OPTIONS: "--max-semi-space-size=32" });
      await readyOf(server);
      expect(optionsOf(server.child.pid)).toEqual(["--heap-growing-percent=100"]);
      server.child.kill("SIGTERM");
      expect((await server.ended).code).toBe(0);
    },
  );
});

describe("a data directory that cannot be made", () => {
  test.skipIf(process.platform !== "linux").each(["", "postgresql"])(
    "ends serve with a sentence and 2, on %j (skipped because only Linux has /proc)",
    async (kind) => {
      const database = kind === "" ? null : await createDatabase();
      const { code, stdout, stderr } = await runCommand(["serve"], folder, {
        ...anyPorts,
        ...(database !== null && { DATABASE_URL: database.url }),
        ROOKERY_DATA_DIR: "/proc/rookery/data",
      });
      await database?.drop();
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(
        /^error: .*\/proc\/rookery\/data.* cannot be (used|written).*Set ROOKERY_DATA_DIR .*\n$/,
      );
    },
  );
});
