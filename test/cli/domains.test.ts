/** `rookery domains` and `rookery aliases` against a server that runs, with name servers and a mail host of the test's own. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { callCommand } from "../support/command.ts";
import { publish } from "../support/domain-records.ts";
import { type NameServer, startNameServer } from "../support/internet/name-server.ts";
import { hasTerminal, plain, runOnTerminal } from "../support/terminal.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let dns: NameServer;
let app: TestApp;
beforeAll(async () => {
  dns = await startNameServer({ "rookery.localhost": ["127.0.0.1"] });
  app = await testApp({ ROOKERY_DNS_SERVERS: dns.server });
});
afterAll(async () => {
  await app.stop();
  dns.close();
});

type Ran = { code: number; out: string; err: string };
const rookery = (...argv: string[]): Promise<Ran> => rookeryWith({}, ...argv);

async function rookeryWith(more: Record<string, string>, ...argv: string[]): Promise<Ran> {
  const environment = {
    ROOKERY_BASE_URL: app.baseUrl,
    ROOKERY_API_KEY: app.rootKey,
    ROOKERY_DNS_SERVERS: dns.server,
    NO_COLOR: "1",
    ...more,
  };
  const { code, stdout: out, stderr: err } = await callCommand(argv, process.cwd(), environment);
  return { code: code ?? -1, out, err };
}

test("doctor says of each record what is expected, what was found and what to paste, and looks at the mail host", async () => {
  const pod = await app.client().pods.create({});
  const made = await app.client().pods.domains.create(pod.podId, { domain: "doctor.example" });
  dns.zone["doctor.example"] = { MX: ["10 mx.other.example"] };
  const doctor = () => rookery("domains", "doctor", "doctor.example", "--port", String(app.smtpPort));
  const sick = await doctor();
  expect(sick.code, sick.err).toBe(1);
  expect(sick.out).toContain("doctor.example is INVALID.");
  expect(sick.out).toContain("expected: 10 rookery.localhost");
  expect(sick.out).toContain("found:    10 mx.other.example");
  expect(sick.out).toContain(
    "Take away what was found, and publish\ndoctor.example. IN MX 10 rookery.localhost.\n",
  );
  expect(sick.out).toMatch(/^\w+\._domainkey\.doctor\.example\. IN TXT "v=DKIM1; k=rsa; p=[^"]+" "/m);
  expect(sick.out).toMatch(/✗ reverse +127\.0\.0\.1 has no name/);
  expect(sick.out).toMatch(/✓ port +port \d+ of 127\.0\.0\.1 answers/);
  expect(sick.out).toMatch(/✗ tls +the certificate is not believed/);
  // Discard's port (9), which nothing listens on.
  const closed = await rookery("domains", "doctor", "doctor.example", "--port", "9");
  expect(closed.out).toMatch(
    /✗ port +port 9 of 127\.0\.0\.1 does not answer from here: connect ECONNREFUSED/,
  );
  publish(dns.zone, made);
  dns.zone["1.0.0.127.in-addr.arpa"] = { PTR: ["rookery.localhost"] };
  const better = await doctor();
  expect(better.out).toContain("doctor.example is VERIFIED.");
  expect(better.out).toMatch(/✓ reverse +127\.0\.0\.1 is rookery\.localhost, which leads back to it/);
  expect(better.out.match(/✗/g)).toHaveLength(1);
});

const DANE = { ROOKERY_OUTBOUND: "direct", ROOKERY_DANE: "1" };
test("doctor says whether the name servers validate, for who follows DANE, and whether the host's own TLSA records fit", async () => {
  const pod = await app.client().pods.create({});
  const made = await app.client().pods.domains.create(pod.podId, { domain: "dane.example" });
  publish(dns.zone, made);
  dns.zone[""] = { MX: [] };
  const doctor = (more: Record<string, string> = DANE) =>
    rookeryWith(more, "domains", "doctor", "dane.example", "--port", String(app.smtpPort));
  expect((await doctor({})).out).not.toMatch(/dnssec|TLSA/);
  expect((await doctor()).out).toMatch(/✗ dnssec +127\.0\.0\.1:\d+ vouches for nothing/);
  const silent = await doctor({ ...DANE, ROOKERY_DNS_SERVERS: `${dns.server},127.0.0.1:9` });
  expect(silent.out).toMatch(/✗ dnssec +whether 127\.0\.0\.1:9 validates is unknown: /);
  dns.signed.add("");
  expect((await doctor()).out).toMatch(/✓ dnssec +127\.0\.0\.1:\d+ validates\n/);
  const records = `_${app.smtpPort}._tcp.rookery.localhost`;
  dns.zone[records] = { TLSA: [`3 1 1 ${"ab".repeat(32)}`] };
  const other = await doctor();
  expect(other.out).toMatch(
    /✗ dane +no TLSA record of the host fits its certificate: servers that follow DANE/,
  );
  const [, pasted = ""] = /IN TLSA (3 1 1 [0-9a-f]{64})$/m.exec(other.out) ?? [];
  dns.zone[records] = { TLSA: [pasted] };
  expect((await doctor()).out).toMatch(/✓ dane +the TLSA records of rookery\.localhost fit its certificate/);
  dns.signed.clear();
  delete dns.zone[records];
});

test.skipIf(!hasTerminal)(
  "doctor keeps to 80 columns on a terminal, and what is to be pasted is whole (skipped where there is no script(1))",
  async () => {
    await app.client().domains.create({ domain: "narrow-terminal.example" });
    dns.zone["narrow-terminal.example"] = { TXT: ["x".repeat(300)], MX: ["10 mx.other.example"] };
    const settings = {
      ROOKERY_BASE_URL: app.baseUrl,
      ROOKERY_API_KEY: app.rootKey,
      ROOKERY_DNS_SERVERS: dns.server,
    };
    const line = `domains doctor narrow-terminal.example --port ${app.smtpPort}`;
    const { code, lines } = await runOnTerminal(line, process.cwd(), settings);
    const shown = lines.map(plain);
    expect(code).toBe(1);
    const pasted = shown.filter((one) => / IN (TXT|MX) /.test(one));
    expect(pasted).toHaveLength(6);
    expect(pasted.join("\n")).toMatch(
      /^\w+\._domainkey\.narrow-terminal\.example\. IN TXT "v=DKIM1; k=rsa; p=[^"]+" "[^"]+"$/m,
    );
    expect(shown.filter((one) => one.length > 80 && !pasted.includes(one))).toEqual([]);
  },
);

test("domains are listed, shown, verified, trusted and given new keys", async () => {
  const made = await app.client().domains.create({ domain: "cli.example" });
  expect((await rookery("domains", "verify", "cli.example")).code).toBe(1);
  expect((await rookery("domains", "list", "--quiet")).out.split("\n")).toContain("cli.example");
  const trusted = await rookery("domains", "trust", "cli.example");
  expect(trusted.out).toContain("VERIFIED (trusted by the operator)");
  expect(JSON.parse((await rookery("domains", "show", "cli.example", "--json")).out)).toMatchObject({
    trusted: true,
    status: "VERIFIED",
  });
  await rookery("domains", "trust", "cli.example", "--undo");
  publish(dns.zone, made);
  expect((await rookery("domains", "verify", "cli.example")).code).toBe(0);
  const rotated = JSON.parse((await rookery("domains", "rotate-dkim", "cli.example", "--json")).out);
  expect(rotated.records.filter((record: { purpose: string }) => record.purpose === "dkim")).toHaveLength(4);
  const own = await rookery("domains", "own");
  expect(own.out).toContain("rookery.localhost");
  expect((await rookery("domains", "show", "absent.example")).err).toContain("rookery domains list");
});

test("aliases are added, listed and deleted; a catch-all gets what nobody else has", async () => {
  const inbox = await app.client().inboxes.create({ username: "agent", domain: "cli.example" });
  const { inboxId } = inbox;
  expect((await rookery("aliases", "add", inboxId, "*@cli.example")).code).toBe(0);
  expect((await rookery("aliases", "add", inboxId, "sales@cli.example")).code).toBe(0);
  expect((await rookery("aliases", "list", inboxId)).out).toBe(
    "*@cli.example  (catch-all)\nsales@cli.example\n",
  );
  expect((await rookery("aliases", "add", inboxId, "x@absent.example")).code).toBe(1);
  expect((await rookery("aliases", "delete", inboxId, "sales@cli.example")).code).toBe(0);
  expect((await rookery("aliases", "list", inboxId, "--quiet")).out).toBe("*@cli.example\n");
});
