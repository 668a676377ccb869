import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import type { Running } from "../../app.ts";
import { type Config, loadConfig } from "../../config.ts";
import { codeOf } from "../../lib/error-code.ts";
import { createLog } from "../../lib/log.ts";
import { packageFile } from "../../lib/package-file.ts";
import { StartError } from "../../start-error.ts";
import type { Tenant } from "../demo/onboard.ts";
import type { TenantReport } from "../demo/run.ts";
import { type EndRequest, endRequest } from "../end-request.ts";
import { type CommandParts, errorLine, UsageError } from "../parts.ts";
import { readyFields, readyLines } from "../ready.ts";

interface DemoOptions {
  readonly tenants: string;
  readonly keep?: boolean;
  readonly json?: boolean;
}

const defaultTenants = fileURLToPath(packageFile("examples/tenants.txt"));

/** `rookery demo`: the main job on real input, in a temporary directory. */
export function addDemo(program: Command, parts: CommandParts): void {
  program
    .command("demo")
    .description(
      "Onboard tenants with the official agentmail client and exchange mail end to end, in a temporary directory.",
    )
    .addOption(
      new Option("--tenants <file>", "one tenant per line: slug and domain").default(
        defaultTenants,
        "the three of examples/tenants.txt",
      ),
    )
    .option("--keep", "keep the server running afterwards, and print its URLs and key")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery demo\n  rookery demo --keep\n  rookery demo --tenants my-tenants.txt --json",
    )
    .action((options: DemoOptions) => demo(parts, options));
}

async function demo(parts: CommandParts, options: DemoOptions): Promise<void> {
  const tenants = await readTenants(options.tenants);
  const ended = endRequest(parts.environment);
  const directory = await temporaryDirectory();
  parts.tell(`Starting Rookery and its PostgreSQL in ${directory} ...`);
  try {
    await inDirectory(directory, parts, options, tenants, ended);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "rookery-demo-")).catch((error: unknown) => {
    throw new StartError(
      `Cannot create a directory in ${tmpdir()} (${codeOf(error) || String(error)}). Set TMPDIR to an existing, writable folder.`,
      { cause: error },
    );
  });
}

/** @throws UsageError naming the file, and the invalid line */
async function readTenants(file: string): Promise<Tenant[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new UsageError(
      `${file} cannot be read (${codeOf(error) || String(error)}): --tenants takes a file with one tenant per line.`,
    );
  });
  const lines = text.split("\n").map((line) => line.trim());
  const lineOf = new Map<string, number>();
  const tenants = lines.flatMap((line, index) => {
    if (line === "" || line.startsWith("#")) return [];
    const fields = /^([a-z0-9-]{1,40})\s+(\S+\.\S+)$/.exec(line);
    if (fields?.[1] === undefined || fields[2] === undefined)
      throw new UsageError(`${file}, line ${index + 1}: expected a slug and a domain, not: ${line}`);
    const [, slug, domain] = fields;
    const earlier = lineOf.get(slug);
    if (earlier !== undefined)
      throw new UsageError(
        `${file}, line ${index + 1}: the slug ${slug} is on line ${earlier} already. Each tenant takes a slug of its own.`,
      );
    lineOf.set(slug, index + 1);
    return [{ slug, domain }];
  });
  if (tenants.length === 0)
    throw new UsageError(`${file} names no tenant: expected one per line, such as: acme acme-mail.com`);
  return tenants;
}

async function inDirectory(
  directory: string,
  parts: CommandParts,
  options: DemoOptions,
  tenants: readonly Tenant[],
  ended: Promise<EndRequest>,
): Promise<void> {
  const config = loadConfig(
    {
      ROOKERY_DATA_DIR: directory,
      ROOKERY_HTTP_PORT: "0",
      ROOKERY_SMTP_PORT: "0",
      ROOKERY_SUBMISSION_PORT: "0",
      ROOKERY_ALLOW_PRIVATE_TARGETS: "1",
      ROOKERY_LOG_LEVEL: "warn",
    },
    parts.cwd,
  );
  const { startApp } = await import("../../app.ts");
  const began = performance.now();
  const running = await startApp(config, { log: createLog(config.logLevel) });
  const startMs = performance.now() - began;
  try {
    const reports = await perform(parts, { running, config }, tenants, ended);
    if (reports === null) return;
    await present(parts, options, { running, config }, reports, startMs);
    if (options.keep === true) await ended;
  } finally {
    await running.stop();
  }
}

interface Started {
  readonly running: Running;
  readonly config: Config;
}

function rootKeyOf({ rootKey }: Running): string {
  if (rootKey === null) throw new Error("the first start on an empty directory knows its root key");
  return rootKey;
}

/** @returns null when a step failed or a signal ended it, after printing which */
async function perform(
  parts: CommandParts,
  { running, config }: Started,
  tenants: readonly Tenant[],
  ended: Promise<EndRequest>,
): Promise<TenantReport[] | null> {
  const { DemoFailure, runDemo, STEPS_PER_TENANT } = await loadDemo();
  const { createProgress } = await import("../progress.ts");
  const progress = createProgress(tenants.length * STEPS_PER_TENANT);
  const server = {
    baseUrl: `http://${config.host}:${running.httpPort}`,
    smtp: { host: config.host, port: running.smtpPort ?? 0 },
    rootKey: rootKeyOf(running),
  };
  const stopping = new AbortController();
  void ended.then((request) => stopping.abort(request));
  try {
    return await runDemo(
      server,
      tenants,
      () => performance.now(),
      (tenant, step) => {
        // Between two steps no request is under way, so the server can shut down gracefully.
        stopping.signal.throwIfAborted();
        progress.step(`${tenant}: ${step}`);
      },
    );
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    // First, so that the sentence begins a line of its own.
    progress.end();
    parts.tell(stopping.signal.aborted ? interrupted(stopping.signal.reason) : errorLine(error.message));
    parts.exit(1);
    return null;
  } finally {
    progress.end();
  }
}

const interrupted = (request: EndRequest): string =>
  `${request === "SIGINT" ? "Interrupted" : `Ended (${request})`} before the demo was done. Its server stops, and its directory is removed.`;

/** The demo's clients are development dependencies: a server installed without them has no demo. */
async function loadDemo(): Promise<typeof import("../demo/run.ts")> {
  try {
    return await import("../demo/run.ts");
  } catch (error) {
    throw new UsageError(
      "The demo drives the official agentmail and svix packages, which are not installed. Run it from a checkout after `npm ci`.",
      { cause: error },
    );
  }
}

async function present(
  parts: CommandParts,
  options: DemoOptions,
  { running, config }: Started,
  reports: readonly TenantReport[],
  startMs: number,
): Promise<void> {
  const kept = options.keep === true ? { ...readyFields(running, config), apiKey: rootKeyOf(running) } : null;
  const { rounded, tableOf, withoutSecrets } = await import("../demo/report.ts");
  if (options.json === true) {
    const result = {
      startMs: rounded(startMs),
      tenants: reports.map(withoutSecrets),
      ...(kept && { server: kept }),
    };
    parts.print(JSON.stringify(result, null, 2));
  } else {
    parts.print(tableOf(reports, startMs));
    if (kept !== null && parts.forPeople) {
      parts.print(`\n${readyLines(kept, kept.apiKey, parts.cwd).join("\n").trimEnd()}`);
    } else if (kept !== null) {
      const { apiKey, ...ready } = kept;
      parts.print(`ready ${JSON.stringify(ready)}\nAPI key: ${apiKey}`);
    }
  }
  if (kept !== null) parts.tell("Ctrl-C ends the server and removes its directory.");
}
