/** Every setting, its default and its meaning. The only file that reads the environment. */
import { resolve } from "node:path";
import { z } from "zod";
import { type InboundConfig, inboundConflicts, inboundOf, inboundSettings } from "./inbound-settings.ts";
import type { LogLevel } from "./lib/log.ts";
import { type Limits, limitSettings, limitsOf } from "./limit-settings.ts";
import { type OutboundConfig, outboundConflicts, outboundOf, outboundSettings } from "./outbound-settings.ts";
import { portConflicts } from "./port-settings.ts";
import { canonicalAddress, isDomainName, parseAddress } from "./protocols/address/index.ts";
import { type RetentionConfig, retentionOf, retentionSettings } from "./retention-settings.ts";
import {
  databaseUrl,
  dnsServers,
  later,
  memoryBytes,
  networks,
  port,
  type ServiceName,
  services,
  unknownSetting,
  webUrl,
  whole,
} from "./setting-schemas.ts";

/** A bytea holds 1 GB, but the driver carries it as hex in one string, and Node ends strings at 512 MB. */
const LARGEST_MESSAGE_LIMIT_BYTES = 268_435_456;
/** TCP ports of one address: a client address cannot have more connections than that. */
const MOST_CONNECTIONS = 65_535;

interface Setting {
  /** Its error messages say what it takes instead. */
  readonly takes: z.ZodType;
  readonly doc: string;
  /** How it is masked: whole, or only the password of a URL. */
  readonly secret?: "value" | "password";
}

/** In the working directory. */
export const DEFAULT_DATA_DIR = ".rookery";

const settings = {
  ROOKERY_DATA_DIR: {
    takes: z.string().prefault(DEFAULT_DATA_DIR),
    doc: "Embedded database, root key and seal key. For root, where PostgreSQL's account may not enter the working directory: /var/lib/rookery.",
  },
  ROOKERY_DATABASE_URL: {
    takes: databaseUrl,
    doc: "PostgreSQL >= 15; absent: embedded. DATABASE_URL is read too.",
    secret: "password",
  },
  DATABASE_URL: {
    takes: databaseUrl,
    doc: "Used when ROOKERY_DATABASE_URL is absent.",
    secret: "password",
  },
  ROOKERY_HOST: {
    takes: z
      .string()
      .regex(/^[\w.:%-]+$/, "it takes an IP address or a host name")
      .prefault("127.0.0.1"),
    doc: "Bind address of every listener.",
  },
  ROOKERY_HTTP_PORT: { takes: port(8080), doc: "API, docs, health; 0 picks a free port." },
  ROOKERY_SMTP_PORT: { takes: port(2525), doc: "Inbound SMTP; 0 picks a free port." },
  ROOKERY_SUBMISSION_PORT: { takes: port(2587), doc: "SMTP submission; 0 picks a free port." },
  ROOKERY_IMAP_PORT: { takes: port(2143), doc: "IMAP; not available yet." },
  ROOKERY_API_KEY: {
    takes: z
      .string()
      // Clients would send a key that starts with am_eu_ to another host.
      .regex(/^am_(?!eu_)[\w-]{20,}$/, "it takes am_ and at least 20 letters or digits, not am_eu_")
      .optional(),
    doc: "Organization key to start with; absent: generated at first start, kept in root.key of the data directory.",
    secret: "value",
  },
  ROOKERY_DOMAIN: {
    takes: z
      .string()
      .refine(isDomainName, { error: "it takes a domain name in lower case" })
      .prefault("rookery.localhost"),
    doc: "Domain of inboxes created without one.",
  },
  ROOKERY_POSTMASTER: {
    takes: z
      .string()
      .refine((text) => parseAddress(text)?.address === text, { error: "it takes the address of an inbox" })
      .transform(canonicalAddress)
      .optional(),
    doc: "Inbox for mail to postmaster and abuse of a hosted domain that has no inbox of that name; absent, or not there: postmaster of ROOKERY_DOMAIN, made in the Default Pod at need.",
  },
  ROOKERY_SIGN_UP: {
    takes: z.enum(["0", "1"], "it takes 0 or 1").prefault("0"),
    doc: "1: agents may sign up by themselves (POST /v0/agent/sign-up), each with an organization of its own.",
  },
  ...outboundSettings,
  ...inboundSettings,
  ROOKERY_SERVICES: {
    takes: z.string().prefault("all").transform(services),
    doc: "all, or any of http,smtp,submission,worker, to split them over processes.",
  },
  ROOKERY_ALLOW_PRIVATE_TARGETS: {
    takes: z.enum(["0", "1"], "it takes 0 or 1").prefault("0"),
    doc: "1: webhooks and attachment URLs may be http:// and point at loopback and private addresses, and so may MX records: tenants reach your network then, and read the beginning of what it answers.",
  },
  ROOKERY_DNS_SERVERS: {
    takes: dnsServers,
    doc: "Name servers for webhooks, attachment URLs and mail to other servers: host or host:port, with commas between; absent: the system's.",
  },
  ROOKERY_BLOB_URL: {
    takes: later("blobs are kept in the database"),
    doc: "Object store for blobs (s3://...); not available yet.",
    secret: "password",
  },
  ROOKERY_LOG_LEVEL: {
    takes: z
      .enum(["debug", "info", "warn", "error", "silent"], "it takes debug, info, warn, error or silent")
      .prefault("info"),
    doc: "Lowest level that is logged, to standard error.",
  },
  ROOKERY_PUBLIC_URL: {
    takes: webUrl.optional(),
    doc: "Scheme and host of links in responses; absent: those of the request.",
  },
  ROOKERY_SEAL_KEY: {
    takes: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "it takes 64 hex digits in lower case")
      .optional(),
    doc: "Encrypts webhook secrets and DKIM keys, signs download links; absent: generated at first start, kept in seal.key of the data directory. Processes that share a database must share it.",
    secret: "value",
  },
  ROOKERY_TLS_CERT_FILE: {
    takes: z.string().optional(),
    doc: "PEM file of the certificate for STARTTLS and its chain, read at start; absent: each start generates a self-signed one.",
  },
  ROOKERY_TLS_KEY_FILE: {
    takes: z.string().optional(),
    doc: "PEM file of that certificate's private key, without a passphrase.",
  },
  ROOKERY_BASE_URL: {
    takes: webUrl.prefault("http://127.0.0.1:8080"),
    doc: "Server that the commands agent and workspace call, with ROOKERY_API_KEY, or, on this machine only, with the root key of the data directory.",
  },
  ROOKERY_SMTP_MAX_CONNECTIONS: {
    takes: whole(1, MOST_CONNECTIONS, 200, `it takes a whole number, 1 to ${MOST_CONNECTIONS}`),
    doc: "Sessions of inbound SMTP at once, and of submission, of which one network has half at most, and a quarter is for networks that brought mail within a day; further ones are refused with 421.",
  },
  ROOKERY_SMTP_PROXIES: {
    takes: networks,
    doc: "Addresses and networks of proxies, comma-separated, whose SMTP connections begin with a PROXY protocol header (version 1 or 2).",
  },
  ROOKERY_HTTP_PROXIES: {
    takes: networks,
    doc: "Addresses and networks of reverse proxies, comma-separated, whose X-Forwarded-For names the client.",
  },
  ROOKERY_MAX_MESSAGE_BYTES: {
    takes: whole(
      1,
      LARGEST_MESSAGE_LIMIT_BYTES,
      26_214_400,
      `it takes bytes, 1 to ${LARGEST_MESSAGE_LIMIT_BYTES}`,
    ),
    doc: "Largest message received or sent, bytes.",
  },
  ROOKERY_BODY_MEMORY_BYTES: {
    takes: memoryBytes,
    doc: "Bodies of HTTP requests in memory at once, bytes; absent: from the memory there is, 256 MB at most.",
  },
  ROOKERY_DOWNLOAD_MEMORY_BYTES: {
    takes: memoryBytes,
    doc: "Downloads and large answers in memory that are not read to their end, bytes; absent: as above.",
  },
  ROOKERY_SMTP_MEMORY_BYTES: {
    takes: memoryBytes,
    doc: "Unfinished mail of SMTP sessions in memory at once, bytes; absent: as above.",
  },
  ...retentionSettings,
  ...limitSettings,
} as const satisfies Record<string, Setting>;

const DATA_DIR = "ROOKERY_DATA_DIR";

type Name = keyof typeof settings;
type Values = { readonly [Key in Name]: z.output<(typeof settings)[Key]["takes"]> };

/** Settings, read and checked. */
export interface Config {
  /** Absolute. */
  readonly dataDir: string;
  /** Null: the embedded database. */
  readonly databaseUrl: string | null;
  readonly host: string;
  /** 0: a free one. */
  readonly httpPort: number;
  readonly smtpPort: number;
  readonly submissionPort: number;
  /** Null: made at first start. */
  readonly apiKey: string | null;
  readonly domain: string;
  /** Canonical address. Null: postmaster of `domain`. */
  readonly postmaster: string | null;
  /** Agents may sign up by themselves. */
  readonly signUp: boolean;
  readonly outbound: OutboundConfig;
  readonly inbound: InboundConfig;
  readonly services: ReadonlySet<ServiceName>;
  readonly allowPrivateTargets: boolean;
  /** Null: the system's. */
  readonly dnsServers: readonly string[] | null;
  readonly logLevel: LogLevel;
  /** Without a slash at its end. Null: taken from each request. */
  readonly publicUrl: string | null;
  /** 64 hex digits. Null: made at first start. */
  readonly sealKey: string | null;
  /** Absolute paths. Null: each start makes a certificate. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  readonly baseUrl: string;
  readonly smtpMaxConnections: number;
  /** Addresses, and networks as in 10.0.0.0/8. */
  readonly smtpProxies: readonly string[];
  readonly httpProxies: readonly string[];
  readonly maxMessageBytes: number;
  /** What every inbox is held to. */
  readonly limits: Limits;
  /** Bytes in memory at once, each null when it follows from the memory there is. */
  readonly memory: Readonly<Record<"bodyBytes" | "downloadBytes" | "smtpBytes", number | null>>;
  /** Days; 0: for ever. */
  readonly retention: RetentionConfig;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Invalid settings; `problems` has one sentence for each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Settings are wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** The environment of this process; no other file reads it. */
export const readEnvironment = (): Environment => process.env;

const isName = (key: string): key is Name => Object.hasOwn(settings, key);

/** An empty value counts as absent: compose files and shells write it for an unset variable. */
function given(environment: Environment, key: string): string | undefined {
  // With ours set, DATABASE_URL may belong to another program.
  if (key === "DATABASE_URL" && given(environment, "ROOKERY_DATABASE_URL") !== undefined) return undefined;
  const text = environment[key]?.trim();
  return text === "" ? undefined : text;
}

/** The database that is named, right or wrong; null: none. */
export const databaseUrlOf = (environment: Environment): string | null =>
  given(environment, "ROOKERY_DATABASE_URL") ?? given(environment, "DATABASE_URL") ?? null;

/**
 * Reads every setting; a relative data directory is one of `cwd`.
 * @param defaultDataDir the data directory when the setting is absent
 * @throws ConfigError listing every wrong and every unknown ROOKERY_ setting, not only the first
 */
export function loadConfig(
  environment: Environment,
  cwd: string,
  defaultDataDir: string = DEFAULT_DATA_DIR,
): Config {
  const problems = Object.keys(environment)
    .filter((key) => key.startsWith("ROOKERY_") && !isName(key))
    .map((key) => unknownSetting(key, Object.keys(settings)));
  const read: Partial<Record<string, unknown>> = {};
  for (const [key, setting] of Object.entries<Setting>(settings)) {
    const text = given(environment, key);
    const result = setting.takes.safeParse(text ?? (key === DATA_DIR ? defaultDataDir : undefined));
    if (result.success) read[key] = result.data;
    else problems.push(wrongSetting(key, setting, text ?? "", result.error.issues[0]?.message ?? ""));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Cast: every key was read by its own schema above.
  const values = read as Values;
  const conflicts = conflictsOf(values);
  if (conflicts.length > 0) throw new ConfigError(conflicts);
  return configOf(values, cwd);
}

/** Settings that are valid each, but contradict each other. */
function conflictsOf(values: Values): string[] {
  const { ROOKERY_TLS_CERT_FILE: certFile, ROOKERY_TLS_KEY_FILE: keyFile } = values;
  const problems = [...outboundConflicts(values), ...inboundConflicts(values), ...portConflicts(values)];
  if (certFile !== undefined && keyFile === undefined)
    problems.push(
      "ROOKERY_TLS_KEY_FILE is absent: it takes the key of the certificate in ROOKERY_TLS_CERT_FILE",
    );
  if (certFile === undefined && keyFile !== undefined)
    problems.push(
      "ROOKERY_TLS_CERT_FILE is absent: it takes the certificate of the key in ROOKERY_TLS_KEY_FILE",
    );
  return problems;
}

function wrongSetting(key: string, setting: Setting, text: string, refusal: string): string {
  return `${key} is ${setting.secret === undefined ? JSON.stringify(text) : "wrong (value not shown)"}: ${refusal}`;
}

function configOf(values: Values, cwd: string): Config {
  const { ROOKERY_TLS_CERT_FILE: certFile, ROOKERY_TLS_KEY_FILE: keyFile } = values;
  return {
    dataDir: resolve(cwd, values.ROOKERY_DATA_DIR),
    databaseUrl: values.ROOKERY_DATABASE_URL ?? values.DATABASE_URL ?? null,
    host: values.ROOKERY_HOST,
    httpPort: values.ROOKERY_HTTP_PORT,
    smtpPort: values.ROOKERY_SMTP_PORT,
    submissionPort: values.ROOKERY_SUBMISSION_PORT,
    apiKey: values.ROOKERY_API_KEY ?? null,
    domain: values.ROOKERY_DOMAIN,
    postmaster: values.ROOKERY_POSTMASTER ?? null,
    signUp: values.ROOKERY_SIGN_UP === "1",
    outbound: outboundOf(values),
    inbound: inboundOf(values),
    services: values.ROOKERY_SERVICES,
    dnsServers: values.ROOKERY_DNS_SERVERS ?? null,
    allowPrivateTargets: values.ROOKERY_ALLOW_PRIVATE_TARGETS === "1",
    logLevel: values.ROOKERY_LOG_LEVEL,
    publicUrl: values.ROOKERY_PUBLIC_URL ?? null,
    sealKey: values.ROOKERY_SEAL_KEY ?? null,
    tls: certFile && keyFile ? { certFile: resolve(cwd, certFile), keyFile: resolve(cwd, keyFile) } : null,
    baseUrl: values.ROOKERY_BASE_URL,
    smtpMaxConnections: values.ROOKERY_SMTP_MAX_CONNECTIONS,
    smtpProxies: values.ROOKERY_SMTP_PROXIES,
    httpProxies: values.ROOKERY_HTTP_PROXIES,
    maxMessageBytes: values.ROOKERY_MAX_MESSAGE_BYTES,
    limits: limitsOf(values, values.ROOKERY_MAX_MESSAGE_BYTES),
    memory: {
      bodyBytes: values.ROOKERY_BODY_MEMORY_BYTES ?? null,
      downloadBytes: values.ROOKERY_DOWNLOAD_MEMORY_BYTES ?? null,
      smtpBytes: values.ROOKERY_SMTP_MEMORY_BYTES ?? null,
    },
    retention: retentionOf(values),
  };
}

export interface SettingRow {
  readonly key: string;
  readonly value: string;
  /** Memory: it follows from the memory there is. */
  readonly origin: "default" | "environment" | "memory";
  readonly doc: string;
}

const HIDDEN = "********";

/**
 * Every effective setting, valid or not; keys and passwords are masked. With `place`, the data directory is absolute, and
 * where the setting is absent the one given there. @param derived values of settings whose default follows from the memory there is
 */
export function describeConfig(
  environment: Environment,
  place?: { readonly cwd: string; readonly defaultDataDir: string },
  derived: Readonly<Record<string, number>> = {},
): SettingRow[] {
  return Object.entries<Setting>(settings).map(([key, { takes, secret, doc }]) => {
    const text = given(environment, key);
    const shown = text === undefined ? defaultText(takes) : hide(text, secret);
    const isPlace = key === DATA_DIR && place !== undefined;
    const isDerived = text === undefined && Object.hasOwn(derived, key);
    const value = isDerived ? String(derived[key]) : shown;
    const origin = isDerived ? "memory" : text === undefined ? "default" : "environment";
    return { key, value: isPlace ? resolve(place.cwd, text ?? place.defaultDataDir) : value, origin, doc };
  });
}

/** The default of a setting, as it would be written in the environment. */
function defaultText(takes: z.ZodType): string {
  const { data } = takes.safeParse(undefined);
  return data instanceof Set ? [...data].join(",") : String(data ?? "");
}

function hide(text: string, secret: Setting["secret"]): string {
  if (secret === undefined) return text;
  // An @ in the path is part of a password with an unescaped slash.
  if (secret === "value" || !URL.canParse(text) || new URL(text).pathname.includes("@")) return HIDDEN;
  const url = new URL(text);
  if (url.password !== "") url.password = HIDDEN;
  for (const name of ["password", "sslpassword"])
    if (url.searchParams.has(name)) url.searchParams.set(name, HIDDEN);
  return url.href;
}

/** The text of config.default.env. */
export function renderDefaultEnv(): string {
  const rows = describeConfig({}).map(({ key, value, doc }) => `# ${doc}\n# ${key}=${value}\n`);
  return `# Every setting of Rookery with its default. Generated by \`npm run generate\`.\n\n${rows.join("\n")}`;
}
