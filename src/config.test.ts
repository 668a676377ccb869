import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../test/support/code-point.ts";
import { hardlyLimited } from "../test/support/mail-limits.ts";
import { ConfigError, describeConfig, loadConfig, renderDefaultEnv } from "./config.ts";

const cwd = "/srv/rookery";

/** The problems that `environment` is refused with; none when it is taken. */
function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(environment, cwd);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const shownAs = (environment: Record<string, string>, key: string) =>
  describeConfig(environment).find((row) => row.key === key);

/** What outbound mail is held to when nothing is set. */
const captured = {
  way: "capture",
  relay: null,
  port: 25,
  connections: 100,
  perDomain: 10,
  domainPerMinute: null,
  podPerMinute: null,
  warmUp: null,
  dane: false,
  threadSendsPerHour: 30,
};

/** How inbound mail is judged when nothing is set. */
const judged = { checks: true, unchecked: ["127.0.0.0/8", "::1"], blocklists: [], rspamdUrl: null };

describe("loadConfig", () => {
  test("an empty environment gives the documented defaults", () => {
    expect(loadConfig({}, cwd)).toEqual({
      dataDir: "/srv/rookery/.rookery",
      databaseUrl: null,
      host: "127.0.0.1",
      httpPort: 8080,
      smtpPort: 2525,
      submissionPort: 2587,
      apiKey: null,
      domain: "rookery.localhost",
      postmaster: null,
      outbound: captured,
      inbound: judged,
      services: new Set(["http", "smtp", "submission", "worker"]),
      allowPrivateTargets: false,
      dnsServers: null,
      logLevel: "info",
      publicUrl: null,
      sealKey: null,
      tls: null,
      baseUrl: "http://127.0.0.1:8080",
      signUp: false,
      smtpMaxConnections: 200,
      smtpProxies: [],
      httpProxies: [],
      maxMessageBytes: 26_214_400,
      memory: { bodyBytes: null, downloadBytes: null, smtpBytes: null },
      retention: { eventDays: 30, auditDays: 365, evaluationDays: 30 },
      limits: {
        ...hardlyLimited,
        attachmentBytes: 26_214_400,
        messageBytes: 26_214_400,
      },
    });
  });

  test("checks of inbound mail are switched off, spared networks, and told their blocklists", () => {
    const environment = {
      ROOKERY_INBOUND_CHECKS: "0",
      ROOKERY_UNCHECKED_NETWORKS: "10.0.0.0/8",
      ROOKERY_DNSBL: "one.example, two.example",
    };
    const blocklists = ["one.example", "two.example"];
    expect(loadConfig(environment, cwd).inbound).toEqual({
      checks: false,
      unchecked: ["10.0.0.0/8"],
      ...{ blocklists, rspamdUrl: null },
    });
  });

  test("rspamd has a URL, and nothing to do while nothing is checked", () => {
    const environment = { ROOKERY_RSPAMD_URL: "http://127.0.0.1:11333/" };
    expect(loadConfig(environment, cwd).inbound).toMatchObject({ rspamdUrl: "http://127.0.0.1:11333" });
    expect(() => loadConfig({ ...environment, ROOKERY_INBOUND_CHECKS: "0" }, cwd)).toThrow(
      'ROOKERY_INBOUND_CHECKS is "0": with ROOKERY_RSPAMD_URL it takes 1',
    );
    expect(() => loadConfig({ ROOKERY_RSPAMD_URL: "127.0.0.1:11333" }, cwd)).toThrow("ROOKERY_RSPAMD_URL");
  });

  test("every setting that is given counts", () => {
    const config = loadConfig(
      {
        ROOKERY_DATA_DIR: "data",
        ROOKERY_DATABASE_URL: "postgresql://db.example/rookery",
        ROOKERY_HOST: "::1",
        ROOKERY_HTTP_PORT: "0",
        ...{ ROOKERY_SIGN_UP: "1", ROOKERY_SMTP_PORT: "25", ROOKERY_SUBMISSION_PORT: "587" },
        ROOKERY_API_KEY: "am_us_0123456789abcdefghij",
        ROOKERY_DOMAIN: "mail.example.com",
        ROOKERY_POSTMASTER: "Desk@mail.example.com",
        ROOKERY_OUTBOUND: "capture",
        ROOKERY_SERVICES: "worker, smtp",
        ROOKERY_ALLOW_PRIVATE_TARGETS: "1",
        ROOKERY_DNS_SERVERS: "192.0.2.1:5353",
        ROOKERY_LOG_LEVEL: "debug",
        ROOKERY_PUBLIC_URL: "https://mail.example.com/",
        ROOKERY_SEAL_KEY: "0f".repeat(32),
        ROOKERY_TLS_CERT_FILE: "tls/cert.pem",
        ROOKERY_TLS_KEY_FILE: "/etc/tls/key.pem",
        ROOKERY_BASE_URL: "http://localhost:9000",
        ROOKERY_SMTP_MAX_CONNECTIONS: "10",
        ROOKERY_SMTP_PROXIES: "10.0.0.0/8, ::1",
        ROOKERY_HTTP_PROXIES: "127.0.0.1",
        ROOKERY_MAX_MESSAGE_BYTES: "1000",
        ROOKERY_BODY_MEMORY_BYTES: "30000000",
        ROOKERY_DOWNLOAD_MEMORY_BYTES: "40000000",
        ROOKERY_SMTP_MEMORY_BYTES: "50000000",
        ROOKERY_EVENT_RETENTION_DAYS: "0",
        ROOKERY_AUDIT_RETENTION_DAYS: "7",
      },
      cwd,
    );
    expect(config).toEqual({
      dataDir: "/srv/rookery/data",
      databaseUrl: "postgresql://db.example/rookery",
      host: "::1",
      httpPort: 0,
      ...{ smtpPort: 25, submissionPort: 587, signUp: true },
      apiKey: "am_us_0123456789abcdefghij",
      domain: "mail.example.com",
      postmaster: "desk@mail.example.com",
      ...{ outbound: captured, inbound: judged },
      services: new Set(["worker", "smtp"]),
      allowPrivateTargets: true,
      dnsServers: ["192.0.2.1:5353"],
      logLevel: "debug",
      publicUrl: "https://mail.example.com",
      sealKey: "0f".repeat(32),
      tls: { certFile: "/srv/rookery/tls/cert.pem", keyFile: "/etc/tls/key.pem" },
      baseUrl: "http://localhost:9000",
      smtpMaxConnections: 10,
      smtpProxies: ["10.0.0.0/8", "::1"],
      httpProxies: ["127.0.0.1"],
      maxMessageBytes: 1000,
      memory: { bodyBytes: 30_000_000, downloadBytes: 40_000_000, smtpBytes: 50_000_000 },
      retention: { eventDays: 0, auditDays: 7, evaluationDays: 30 },
      limits: loadConfig({ ROOKERY_MAX_MESSAGE_BYTES: "1000" }, cwd).limits,
    });
  });

  test("an empty value is an absent one, and other programs' variables are nothing to us", () => {
    const environment = { ROOKERY_HTTP_PORT: "", ROOKERY_RELAY_URL: " ", DATABASE_URL: "", PATH: "/bin" };
    expect(loadConfig(environment, cwd)).toEqual(loadConfig({}, cwd));
  });

  test("DATABASE_URL counts only when ROOKERY_DATABASE_URL is absent, and is not judged otherwise", () => {
    expect(loadConfig({ DATABASE_URL: "postgres://a/b" }, cwd).databaseUrl).toBe("postgres://a/b");
    const both = { DATABASE_URL: "mysql://a/b", ROOKERY_DATABASE_URL: "postgres://c/d" };
    expect(loadConfig(both, cwd).databaseUrl).toBe("postgres://c/d");
    expect(problemsOf({ DATABASE_URL: "mysql://a/b" })).toHaveLength(1);
  });

  test("all problems are reported at once, each with its setting", () => {
    const problems = problemsOf({
      ROOKERY_HTTP_PORT: "http",
      ROOKERY_SMTP_PORT: "65536",
      ROOKERY_DOMAIN: "Example.com",
      ROOKERY_COLOUR: "blue",
    });
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
      "ROOKERY_COLOUR",
      "ROOKERY_HTTP_PORT",
      "ROOKERY_SMTP_PORT",
      "ROOKERY_DOMAIN",
    ]);
  });

  test.each([
    ["ROOKERY_HTTP_PORT", "80x", '"80x": it takes a port, 0 to 65535'],
    ["ROOKERY_HTTP_PORT", "-1", "it takes a port"],
    ["ROOKERY_HTTP_PORT", "8e3", "it takes a port"],
    ["ROOKERY_SMTP_PORT", "70000", "it takes a port"],
    ["ROOKERY_HOST", "two words", "it takes an IP address or a host name"],
    ["ROOKERY_DOMAIN", "localhost", "it takes a domain name"],
    ["ROOKERY_DOMAIN", "a..example", "it takes a domain name"],
    ["ROOKERY_DOMAIN", `${"a".repeat(64)}.example`, "it takes a domain name"],
    ["ROOKERY_HTTP_PROXIES", "proxy.example", "it takes addresses and networks"],
    ["ROOKERY_SMTP_PROXIES", "10.0.0.0/33", "it takes addresses and networks"],
    ["ROOKERY_OUTBOUND", "pigeon", '"pigeon": it takes capture, relay or direct'],
    ["ROOKERY_INBOUND_CHECKS", "maybe", "it takes 0 or 1"],
    ["ROOKERY_DNSBL", "no domain", "it takes domains of DNS blocklists separated by commas, 5 at most"],
    ["ROOKERY_OUTBOUND_PORT", "0", "it takes a port, 1 to 65535"],
    ["ROOKERY_OUTBOUND_CONNECTIONS", "0", "it takes a whole number, 1 to 1000"],
    ["ROOKERY_OUTBOUND_WARM_UP", "-1", "it takes messages, 1 to 1000000; 0 for any number"],
    ["ROOKERY_THREAD_SENDS_PER_HOUR", "0", "it takes messages, 1 to 1000000"],
    [
      "ROOKERY_RELAY_URL",
      "https://u:sesame@relay.example",
      "it takes a URL like smtp://user:password@host:587",
    ],
    ["ROOKERY_RELAY_URL", "smtp://u:sesame@relay.example/in", "it takes a URL like smtp://"],
    ["ROOKERY_RELAY_URL", "smtp://u@relay.example", "it takes user and password, or neither"],
    ["ROOKERY_RELAY_URL", "smtp://u:%ZZ@relay.example", "is not percent-encoded"],
    ["ROOKERY_BLOB_URL", "s3://key:sesame@bucket", "is not available yet: blobs are kept in the database"],
    [
      "ROOKERY_SERVICES",
      "http,imap",
      "imap is not available yet; it takes all, or any of http,smtp,submission,worker",
    ],
    ["ROOKERY_SERVICES", "http,,smtp", "it takes all, or any of"],
    ["ROOKERY_SERVICES", "none", "it takes all, or any of"],
    ["ROOKERY_ALLOW_PRIVATE_TARGETS", "yes", "it takes 0 or 1"],
    ["ROOKERY_DNS_SERVERS", "dns.example.com", "it takes IP addresses"],
    ["ROOKERY_LOG_LEVEL", "loud", "it takes debug, info, warn, error or silent"],
    ["ROOKERY_PUBLIC_URL", "mail.example.com", "it takes an http:// or https:// URL"],
    ["ROOKERY_PUBLIC_URL", "ftp://mail.example.com", "it takes an http:// or https:// URL"],
    ["ROOKERY_BASE_URL", "http://localhost:8080/v0/", "without /v0 or /v3 at its end"],
    ["ROOKERY_BASE_URL", "http://user:sesame@host", "it takes an http:// or https:// URL without user"],
    ["ROOKERY_SEAL_KEY", "sesame", "it takes 64 hex digits"],
    ["ROOKERY_API_KEY", "am_eu_sesame_0123456789abcdef", "it takes am_"],
    ["ROOKERY_DATABASE_URL", "mysql://root:sesame@host/db", "it takes a URL like postgresql://"],
    ["ROOKERY_SMTP_MAX_CONNECTIONS", "0", "it takes a whole number, 1 to 65535"],
    ["ROOKERY_MAX_MESSAGE_BYTES", "9999999999", "it takes bytes, 1 to 268435456"],
    ["ROOKERY_MAX_MESSAGE_BYTES", "25MB", "it takes bytes"],
    ["ROOKERY_SMTP_PORT", "8080", '"8080": it takes another port than ROOKERY_HTTP_PORT'],
    ["ROOKERY_SUBMISSION_PORT", "2525", '"2525": it takes another port than ROOKERY_SMTP_PORT'],
  ])("%s=%s is refused with what is accepted", (key, value, says) => {
    const problems = problemsOf({ [key]: value });
    expect(problems).toEqual([expect.stringContaining(says)]);
    expect(problems[0]).toMatch(new RegExp(`^${key} is `));
  });

  test("a relay without its URL, and a URL of one that is not used, are refused", () => {
    expect(problemsOf({ ROOKERY_OUTBOUND: "relay" })).toEqual([
      expect.stringMatching(/^ROOKERY_RELAY_URL is absent: with ROOKERY_OUTBOUND=relay it takes/),
    ]);
    expect(problemsOf({ ROOKERY_RELAY_URL: "smtp://relay.example" })).toEqual([
      'ROOKERY_OUTBOUND is "capture": with ROOKERY_RELAY_URL it takes relay',
    ]);
  });

  test.each([
    ["smtp://relay.example", { host: "relay.example", port: 587, isImplicitTls: false, credentials: null }],
    [
      "smtps://me%40here:p%3Aw@[::1]:2465",
      { host: "::1", port: 2465, isImplicitTls: true, credentials: { user: "me@here", password: "p:w" } },
    ],
  ])("the relay %s is read", (url, relay) => {
    const { outbound } = loadConfig({ ROOKERY_OUTBOUND: "relay", ROOKERY_RELAY_URL: url }, "/srv");
    expect(outbound).toEqual({ ...captured, way: "relay", relay });
  });

  test("a certificate without its key, and a key without its certificate, are refused", () => {
    expect(problemsOf({ ROOKERY_TLS_CERT_FILE: "a" })).toEqual([
      expect.stringMatching(/^ROOKERY_TLS_KEY_FILE is absent: it takes/),
    ]);
    expect(problemsOf({ ROOKERY_TLS_KEY_FILE: "a" })).toEqual([
      expect.stringMatching(/^ROOKERY_TLS_CERT_FILE is absent: it takes/),
    ]);
  });

  test("one port for two services is fine when only one of them runs, or when it is any free one", () => {
    expect(problemsOf({ ROOKERY_SMTP_PORT: "8080", ROOKERY_SERVICES: "smtp,worker" })).toEqual([]);
    expect(problemsOf({ ROOKERY_SMTP_PORT: "0", ROOKERY_HTTP_PORT: "0" })).toEqual([]);
  });

  test.each(["ROOKERY_RELAY_URL", "ROOKERY_BLOB_URL", "ROOKERY_SEAL_KEY", "ROOKERY_API_KEY", "DATABASE_URL"])(
    "a refused %s is not repeated: it may hold a secret",
    (key) => {
      expect(problemsOf({ [key]: "sesame://sesame:sesame@sesame" }).join()).not.toContain("://sesame");
    },
  );

  test("an unknown setting names the nearest one, or none when nothing is near", () => {
    expect(problemsOf({ ROOKERY_HTPP_PORT: "1" })).toEqual([
      "ROOKERY_HTPP_PORT is not a setting: did you mean ROOKERY_HTTP_PORT? `rookery config` lists them all",
    ]);
    // Near only in what all of them begin with.
    for (const key of ["ROOKERY_QUANTUM_ENTANGLEMENT", "ROOKERY_FOO", "ROOKERY_PORT"])
      expect(problemsOf({ [key]: "1" })[0]).not.toContain("did you mean");
    expect(problemsOf({ ROOKERY_toString: "1" })).toHaveLength(1);
  });

  test("no value whatever does more than be taken or be refused in a sentence of its own", () => {
    const keys = describeConfig({}).map(({ key }) => key);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.string({ unit: codePoint, maxLength: 300 }), (key, value) => {
        for (const problem of problemsOf({ [key]: value })) expect(problem).toMatch(/^\w+ is .+: .+/);
        describeConfig({ [key]: value }, { cwd, defaultDataDir: ".rookery" });
      }),
    );
  });
});

describe("describeConfig", () => {
  test("tells values, where they come from and what they mean", () => {
    expect(shownAs({ ROOKERY_HTTP_PORT: "81" }, "ROOKERY_HTTP_PORT")).toEqual({
      key: "ROOKERY_HTTP_PORT",
      value: "81",
      origin: "environment",
      doc: expect.stringContaining("API"),
    });
    expect(shownAs({ ROOKERY_HTTP_PORT: "" }, "ROOKERY_HTTP_PORT")?.origin).toBe("default");
    expect(shownAs({}, "ROOKERY_SERVICES")?.value).toBe("http,smtp,submission,worker");
  });

  test("the data directory is absolute when it is known where we are", () => {
    const [row] = describeConfig({ ROOKERY_DATA_DIR: "data" }, { cwd, defaultDataDir: "/var/lib/rookery" });
    expect(row?.value).toBe("/srv/rookery/data");
  });

  test.each([
    ["ROOKERY_API_KEY", "am_us_sesame0123456789abcdef", "********"],
    ["ROOKERY_SEAL_KEY", "sesame", "********"],
    ["DATABASE_URL", "postgresql://me:sesame@host/db", "postgresql://me:********@host/db"],
    ["ROOKERY_DATABASE_URL", "postgresql://me:12/sesame@host/db", "********"],
    [
      "ROOKERY_DATABASE_URL",
      "postgresql://h/db?user=me&password=sesame",
      "postgresql://h/db?user=me&password=********",
    ],
    ["ROOKERY_DATABASE_URL", "postgresql:// sesame", "********"],
    ["ROOKERY_RELAY_URL", "smtp://me:sesame@relay.example", "smtp://me:********@relay.example"],
  ])("%s=%s shows no secret", (key, value, shown) => {
    expect(shownAs({ [key]: value }, key)?.value).toBe(shown);
    expect(JSON.stringify(describeConfig({ [key]: value }))).not.toContain("sesame");
  });
});

describe("renderDefaultEnv", () => {
  const committed = readFileSync(new URL("../config.default.env", import.meta.url), "utf8");

  test("is what is committed", () => {
    expect(committed, "run `npm run generate` and read the difference").toBe(renderDefaultEnv());
  });

  test("documents each setting once, and changes nothing when its lines are used", () => {
    const assignments = [...committed.matchAll(/^# ([A-Z_]+)=(.*)$/gm)];
    const keys = describeConfig({}).map(({ key }) => key);
    expect(assignments.map(([, key]) => key)).toEqual(keys);
    const environment = Object.fromEntries(assignments.map(([, key, value]) => [key, value]));
    expect(loadConfig(environment, cwd)).toEqual(loadConfig({}, cwd));
  });
});
