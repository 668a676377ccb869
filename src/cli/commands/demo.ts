import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import type { Command } from "commander";
import { type Running, startApp } from "../../app.ts";
import { loadConfig } from "../../config.ts";
import { createLog } from "../../lib/log.ts";
import type { Tenant } from "../demo/onboard.ts";
import type { DemoServer, TenantReport } from "../demo/run.ts";
import type { CommandParts } from "../parts.ts";
import { readyLine } from "./serve.ts";

interface DemoOptions {
  readonly tenants: string;
  readonly keep?: boolean;
  readonly json?: boolean;
}

const defaultTenants = new URL("../../../examples/tenants.txt", import.meta.url).pathname;

/** `rookery demo`: the main job on real input, in a temporary directory. */
export function addDemo(program: Command, parts: CommandParts): void {
  program
    .command("demo")
    .description(
      "Onboard tenants with the official agentmail client and let their mail flow, end to end, in a temporary directory.",
    )
    .option("--tenants <file>", "a line for each tenant: slug and domain", defaultTenants)
    .option("--keep", "leave the server running afterwards, and say where")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery demo\n  rookery demo --keep\n  rookery demo --tenants my-tenants.txt --json",
    )
    .action((options: DemoOptions) => demo(parts, options));
}

/** @throws Error naming the line that is none */
function parseTenants(text: string): Tenant[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.flatMap((line, index) => {
    if (line === "" || line.startsWith("#")) return [];
    const fields = /^([a-z0-9-]{1,40})\s+(\S+\.\S+)$/.exec(line);
    if (fields?.[1] === undefined || fields[2] === undefined)
      throw new Error(`line ${index + 1} must be a slug and a domain: ${line}`);
    return [{ slug: fields[1], domain: fields[2] }];
  });
}

async function demo(parts: CommandParts, options: DemoOptions): Promise<void> {
  const tenants = parseTenants(await readFile(options.tenants, "utf8"));
  const directory = await mkdtemp(join(tmpdir(), "rookery-demo-"));
  const config = loadConfig(
    {
      ROOKERY_DATA_DIR: directory,
      ROOKERY_HTTP_PORT: "0",
      ROOKERY_SMTP_PORT: "0",
      ROOKERY_ALLOW_PRIVATE_TARGETS: "1",
      ROOKERY_LOG_LEVEL: "warn",
    },
    parts.cwd,
  );
  const began = performance.now();
  const running = await startApp(config, { log: createLog(config.logLevel) });
  const startMs = performance.now() - began;
  try {
    const server = {
      baseUrl: `http://${config.host}:${running.httpPort}`,
      smtp: { host: config.host, port: running.smtpPort ?? 0 },
      rootKey: running.rootKey,
    };
    await perform(parts, options, server, tenants, startMs);
    if (options.keep === true) await keep(parts, running, readyLine(running, config));
  } finally {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function perform(
  parts: CommandParts,
  options: DemoOptions,
  server: DemoServer,
  tenants: readonly Tenant[],
  startMs: number,
): Promise<void> {
  const { DemoFailure, runDemo, STEPS_PER_TENANT } = await loadDemo();
  const bar = new SingleBar({
    format: "{bar} {value}/{total} {what}",
    hideCursor: true,
    noTTYOutput: false,
    stream: process.stderr,
  });
  bar.start(tenants.length * STEPS_PER_TENANT, 0, { what: "" });
  try {
    const reports = await runDemo(
      server,
      tenants,
      () => performance.now(),
      (tenant, step) => bar.increment(1, { what: `${tenant}: ${step}` }),
    );
    bar.stop();
    parts.print(
      options.json === true
        ? JSON.stringify({ startMs, tenants: reports.map(withoutSecrets) }, null, 2)
        : tableOf(reports, startMs),
    );
  } catch (error) {
    bar.stop();
    if (!(error instanceof DemoFailure)) throw error;
    console.error(error.message);
    parts.exit(1);
  }
}

/** The clients it drives are development dependencies: a server installed without them has no demo. */
async function loadDemo(): Promise<typeof import("../demo/run.ts")> {
  try {
    return await import("../demo/run.ts");
  } catch (error) {
    throw new Error(
      "The demo drives the official agentmail and svix packages, which are not installed. Run it from a checkout after `npm ci`.",
      { cause: error },
    );
  }
}

const withoutSecrets = ({ onboarded, ...report }: TenantReport): object => {
  const { webhookSecret: _secret, podKey, inboxKey, ...rest } = onboarded;
  return { ...report, ...rest, podKeyPrefix: podKey.prefix, inboxKeyPrefix: inboxKey.prefix };
};

/** One readable table: what each tenant has, and how long each step took. */
function tableOf(reports: readonly TenantReport[], startMs: number): string {
  const style = { head: [], border: [] };
  const given = new Table({ head: ["tenant", "address", "pod", "keys", "mails", "webhooks"], style });
  for (const { tenant, onboarded, mails, webhooks } of reports)
    given.push([
      tenant.slug,
      onboarded.inboxId,
      onboarded.podId,
      `${onboarded.podKey.prefix}…\n${onboarded.inboxKey.prefix}…`,
      mails,
      `${webhooks} verified`,
    ]);
  const names = [...new Set(reports.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  const times = new Table({ head: ["step, ms", ...reports.map(({ tenant }) => tenant.slug)], style });
  for (const name of names)
    times.push([
      name,
      ...reports.map(({ steps }) => (steps.find(({ step }) => step === name)?.ms ?? 0).toFixed(1)),
    ]);
  const total = reports.flatMap(({ steps }) => steps).reduce((sum, { ms }) => sum + ms, 0);
  return `${given.toString()}\n${times.toString()}\nServer up in ${startMs.toFixed(0)} ms; ${reports.length} tenants in ${total.toFixed(0)} ms; the second onboarding changed nothing.`;
}

async function keep(parts: CommandParts, running: Running, ready: string): Promise<void> {
  parts.print(ready);
  parts.print(`API key: ${running.rootKey}\nCtrl-C ends the server and removes its directory.`);
  await new Promise<void>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve());
  });
}
