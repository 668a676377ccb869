/** Every setting, its default and its meaning. The only file that reads the environment. */
import { resolve } from "node:path";
import { z } from "zod";

export type ServiceName = "http" | "smtp" | "worker";

const serviceNames: readonly ServiceName[] = ["http", "smtp", "worker"];

const port = (fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, "a port number, 0 to 65535; 0 picks a free one")
    .transform(Number)
    .pipe(z.number().max(65_535))
    .prefault(String(fallback));
const count = (fallback: number) =>
  z
    .string()
    .regex(/^[1-9]\d*$/, "a whole number above 0")
    .transform(Number)
    .prefault(String(fallback));
const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, "a postgresql:// URL")
  .optional();

function services(text: string, context: z.RefinementCtx): ReadonlySet<ServiceName> {
  const names = text === "all" ? serviceNames : text.split(",").map((name) => name.trim());
  const known = names.filter((name): name is ServiceName => serviceNames.some((service) => service === name));
  if (known.length !== names.length || known.length === 0)
    context.addIssue({
      code: "custom",
      message: `any of ${serviceNames.join(", ")}; submission and imap are not available yet`,
      input: text,
    });
  return new Set(known);
}

const outbound = z.enum(["capture"], "capture: relay and direct are not available yet").prefault("capture");

/** Setting -> what it takes, and what it means. Secrets are masked wherever settings are shown. */
const settings = {
  ROOKERY_DATA_DIR: {
    takes: z.string().min(1).prefault(".rookery"),
    doc: "Embedded database, root key and seal key.",
  },
  ROOKERY_DATABASE_URL: {
    takes: databaseUrl,
    doc: "PostgreSQL >= 15; absent: embedded. DATABASE_URL is read too.",
    secret: true,
  },
  DATABASE_URL: { takes: databaseUrl, doc: "Used when ROOKERY_DATABASE_URL is absent.", secret: true },
  ROOKERY_HOST: { takes: z.string().min(1).prefault("127.0.0.1"), doc: "Bind address of every listener." },
  ROOKERY_HTTP_PORT: { takes: port(8080), doc: "API, docs, health." },
  ROOKERY_SMTP_PORT: { takes: port(2525), doc: "Inbound SMTP." },
  ROOKERY_SUBMISSION_PORT: { takes: port(2587), doc: "SMTP submission; not available yet." },
  ROOKERY_IMAP_PORT: { takes: port(2143), doc: "IMAP; not available yet." },
  ROOKERY_API_KEY: {
    takes: z
      .string()
      .regex(/^am_(?!eu_)[\w-]{20,}$/, "am_ and at least 20 letters or digits, not am_eu_")
      .optional(),
    doc: "Organization key to bootstrap with, and the CLI's key; absent: made at first start, kept in DATA_DIR/root.key.",
    secret: true,
  },
  ROOKERY_DOMAIN: {
    takes: z
      .string()
      .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/, "a lower-case domain name")
      .prefault("rookery.localhost"),
    doc: "Domain of inboxes created without one.",
  },
  ROOKERY_OUTBOUND: { takes: outbound, doc: "capture: nothing leaves the machine." },
  ROOKERY_RELAY_URL: {
    takes: z.undefined("not available yet: ROOKERY_OUTBOUND can only be capture").optional(),
    doc: "Smarthost; not available yet.",
    secret: true,
  },
  ROOKERY_SERVICES: {
    takes: z.string().prefault("all").transform(services),
    doc: "Any of http,smtp,worker: split roles over processes.",
  },
  ROOKERY_ALLOW_PRIVATE_TARGETS: {
    takes: z.enum(["0", "1"], "0 or 1").prefault("0"),
    doc: "1: webhooks may point at loopback and private addresses.",
  },
  ROOKERY_BLOB_URL: {
    takes: z.undefined("not available yet: blobs are kept in the database").optional(),
    doc: "Object store for blobs; not available yet.",
  },
  ROOKERY_LOG_LEVEL: {
    takes: z.enum(["debug", "info", "warn", "error", "silent"]).prefault("info"),
    doc: "Least level that is logged, to standard error.",
  },
  ROOKERY_PUBLIC_URL: {
    takes: z.url().optional(),
    doc: "Scheme and host of links in answers; absent: those of each request.",
  },
  ROOKERY_SEAL_KEY: {
    takes: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits")
      .optional(),
    doc: "Seals webhook secrets and DKIM keys; absent: made at first start, kept in DATA_DIR/seal.key. Processes that share a database must share it.",
    secret: true,
  },
  ROOKERY_BASE_URL: { takes: z.url().prefault("http://127.0.0.1:8080"), doc: "Where CLI commands go." },
  ROOKERY_SMTP_MAX_CONNECTIONS: { takes: count(200), doc: "SMTP sessions at once; more are told 421." },
  ROOKERY_MAX_MESSAGE_BYTES: { takes: count(26_214_400), doc: "Largest message taken or made, bytes." },
} satisfies Record<string, { takes: z.ZodType; doc: string; secret?: boolean }>;

type Name = keyof typeof settings;
type Values = { readonly [Key in Name]: z.output<(typeof settings)[Key]["takes"]> };

/** Settings, read and checked. */
export interface Config {
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly host: string;
  readonly httpPort: number;
  readonly smtpPort: number;
  readonly apiKey: string | null;
  readonly domain: string;
  readonly services: ReadonlySet<ServiceName>;
  readonly allowPrivateTargets: boolean;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  readonly publicUrl: string | null;
  readonly sealKey: string | null;
  readonly baseUrl: string;
  readonly smtpMaxConnections: number;
  readonly maxMessageBytes: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that do not fit; `problems` has one sentence for each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Settings are wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

export const readEnvironment = (): Environment => process.env;

const isName = (key: string): key is Name => key in settings;

/** @throws ConfigError listing every wrong or unknown setting, not only the first */
export function loadConfig(environment: Environment, cwd: string): Config {
  const problems = Object.keys(environment)
    .filter((key) => key.startsWith("ROOKERY_") && !isName(key))
    .map((key) => `${key} is unknown: see \`rookery config\` for the settings there are`);
  const read: Partial<Record<string, unknown>> = {};
  for (const [key, { takes }] of Object.entries(settings)) {
    const result = takes.safeParse(environment[key] === "" ? undefined : environment[key]);
    if (result.success) read[key] = result.data;
    else problems.push(`${key}: ${result.error.issues[0]?.message ?? "not what it takes"}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Decoder: every key was read by its own schema above.
  return configOf(read as Values, cwd);
}

function configOf(values: Values, cwd: string): Config {
  return {
    dataDir: resolve(cwd, values.ROOKERY_DATA_DIR),
    databaseUrl: values.ROOKERY_DATABASE_URL ?? values.DATABASE_URL ?? null,
    host: values.ROOKERY_HOST,
    httpPort: values.ROOKERY_HTTP_PORT,
    smtpPort: values.ROOKERY_SMTP_PORT,
    apiKey: values.ROOKERY_API_KEY ?? null,
    domain: values.ROOKERY_DOMAIN,
    services: values.ROOKERY_SERVICES,
    allowPrivateTargets: values.ROOKERY_ALLOW_PRIVATE_TARGETS === "1",
    logLevel: values.ROOKERY_LOG_LEVEL,
    publicUrl: values.ROOKERY_PUBLIC_URL ?? null,
    sealKey: values.ROOKERY_SEAL_KEY ?? null,
    baseUrl: values.ROOKERY_BASE_URL,
    smtpMaxConnections: values.ROOKERY_SMTP_MAX_CONNECTIONS,
    maxMessageBytes: values.ROOKERY_MAX_MESSAGE_BYTES,
  };
}

export interface SettingRow {
  readonly key: string;
  readonly value: string;
  readonly origin: "default" | "environment";
  readonly doc: string;
}

/** Every setting as it counts, secrets masked. */
export function describeConfig(environment: Environment): SettingRow[] {
  return Object.entries(settings).map(([key, setting]) => {
    const given = environment[key];
    const fallback = setting.takes.safeParse(undefined).data;
    const shown = given ?? (fallback instanceof Set ? [...fallback].join(",") : String(fallback ?? ""));
    const secret = "secret" in setting && given !== undefined;
    return {
      key,
      value: secret ? "********" : shown,
      origin: given === undefined ? "default" : "environment",
      doc: setting.doc,
    };
  });
}

/** The text of config.default.env. */
export function renderDefaultEnv(): string {
  const rows = describeConfig({}).map(({ key, value, doc }) => `# ${doc}\n# ${key}=${value}\n`);
  return `# Every setting of Rookery with its default. Generated by \`npm run generate\`.\n\n${rows.join("\n")}`;
}
