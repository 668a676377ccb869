/** `rookery migrate` and `rookery doctor` on a database of one's own. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSelfSigned } from "../../src/protocols/x509/self-signed.ts";
import { type Ended, runCommand, type Settings } from "../support/command.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let folder: string;
let database: TestDatabase;
let settings: Settings;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-cli-"));
  // As a home that PostgreSQL's account may pass through.
  await chmod(folder, 0o711);
  database = await createDatabase();
  settings = { ...anyPorts, DATABASE_URL: database.url };
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const rookery = (line: string, change?: Settings): Promise<Ended> =>
  runCommand(line.split(" "), folder, change);

const anyPorts = { ROOKERY_HTTP_PORT: "0", ROOKERY_SMTP_PORT: "0", ROOKERY_SUBMISSION_PORT: "0" };

test("doctor names each thing that is wrong, and ends with 1", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stdout, stderr } = await rookery("doctor", {
    ...anyPorts,
    DATABASE_URL: "postgresql://me:sesame@127.0.0.1:1/none",
    ROOKERY_SMTP_PORT: String(port),
    ROOKERY_TLS_CERT_FILE: "none.pem",
    ROOKERY_TLS_KEY_FILE: "none.pem",
  });
  other.close();
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/^✗ database +The database at 127\.0\.0\.1:1\/none cannot be used: .*ECONNREFUSED/m);
  expect(stdout).toMatch(
    new RegExp(`^✗ smtp port +127\\.0\\.0\\.1:${port} is in use\\. .*ROOKERY_SMTP_PORT`, "m"),
  );
  expect(stdout).toMatch(/^✗ certificate +ROOKERY_TLS_CERT_FILE is ".*none\.pem": there is no such file$/m);
  expect(stdout).toMatch(/^✓ http port +a free one/m);
  expect(stdout).not.toContain("sesame");
});

test("doctor and a start name the table whose row-level security was switched off, and nothing starts", async () => {
  expect((await rookery("migrate", settings)).code).toBe(0);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const sentence =
    /Row-level security is not what .* for messages: .* alter table messages enable row level security;/;
  try {
    await client.query("alter table messages disable row level security");
    expect((await rookery("doctor", settings)).stdout).toMatch(
      new RegExp(`^✗ isolation +${sentence.source}`, "m"),
    );
    const { code, stdout, stderr } = await rookery("serve", settings);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^error: ${sentence.source}\\n$`));
  } finally {
    await client.query("alter table messages enable row level security");
    await client.end();
  }
});

test("doctor looks at what this process will run, and at the operator's certificate", async () => {
  const made = await makeSelfSigned("mx.other.test", new Date());
  await writeFile(join(folder, "cert.pem"), made.cert);
  await writeFile(join(folder, "key.pem"), made.key);
  const tls = { ROOKERY_TLS_CERT_FILE: "cert.pem", ROOKERY_TLS_KEY_FILE: "key.pem" };
  const smtp = await rookery("doctor", { ...settings, ...tls, ROOKERY_SERVICES: "smtp" });
  expect(smtp.code).toBe(0);
  expect(smtp.stdout).toMatch(
    /^✓ certificate +.*cert\.pem should be replaced: it does not name rookery\.localhost$/m,
  );
  expect(smtp.stdout).not.toContain("http port");
  const worker = await rookery("doctor", { ...settings, ...tls, ROOKERY_SERVICES: "worker" });
  expect(worker.stdout).not.toMatch(/port|certificate/);
});

test("doctor --json reports invalid settings as findings", async () => {
  const { code, stdout, stderr } = await rookery("doctor --json", { ROOKERY_HTTP_PORT: "80x" });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(stdout)).toContainEqual({
    check: "settings",
    ok: false,
    detail: expect.stringMatching(/^ROOKERY_HTTP_PORT is "80x": it takes/),
  });
});

test("a database of a newer Rookery is left alone, and both say why", async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("insert into migrations (name) values ('9999_later.sql')");
  await client.end();
  const migrated = await rookery("migrate", settings);
  expect({ code: migrated.code, stdout: migrated.stdout }).toEqual({ code: 1, stdout: "" });
  expect(migrated.stderr).toMatch(/^error: .*newer Rookery \(9999_later\.sql\)\. Upgrade/);
  const examined = await rookery("doctor", settings);
  expect(examined.code).toBe(1);
  expect(examined.stdout).toMatch(/^✗ database +.*newer Rookery/m);
});
