import { createServer } from "node:net";
import { styleText } from "node:util";
import type { Command } from "commander";
import { memoryBounds, readMemory } from "../../composition/memory.ts";
import { type Config, ConfigError } from "../../config.ts";
import type { Maintenance } from "../../installation.ts";
import { systemClock } from "../../lib/clock.ts";
import { createLog } from "../../lib/log.ts";
import { type ListenPlace, listenFailure } from "../../start-error.ts";
import { fold } from "../fold.ts";
import { type CommandParts, configOf } from "../parts.ts";
import { untilEnded } from "../until-ended.ts";

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** `rookery doctor`: would `serve` work here? Exit code 1 when not. */
export function addDoctor(program: Command, parts: CommandParts): void {
  program
    .command("doctor")
    .description(
      "Check that Rookery can run here: Node, settings, database, keys, ports, certificate. Creates the data directory if it is missing; applies no migration. Run it while the server is stopped.",
    )
    .option("--json", "print as JSON")
    .addHelpText("after", "\nExamples:\n  rookery doctor\n  rookery doctor --json")
    .action(async (options: { json?: boolean }) => {
      const findings = await examine(parts);
      parts.print(
        options.json === true ? JSON.stringify(findings, null, 2) : findings.map(lineOf).join("\n"),
      );
      if (findings.some(({ ok }) => !ok)) parts.exit(1);
    });
}

function lineOf({ check, ok, detail }: Finding): string {
  const mark = styleText(ok ? "green" : "red", ok ? "✓" : "✗", { stream: process.stdout });
  return `${mark} ${check.padEnd(11)} ${fold(detail, process.stdout, 14)}`;
}

async function examine(parts: CommandParts): Promise<Finding[]> {
  const node: Finding = { check: "node", ok: true, detail: process.versions.node };
  let config: Config;
  try {
    config = await configOf(parts);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [node, ...error.problems.map((detail) => ({ check: "settings", ok: false, detail }))];
  }
  const { host, httpPort, smtpPort, submissionPort, services, tls } = config;
  const settings = { check: "settings", ok: true, detail: "all settings are valid" };
  const findings = [node, settings, await examineMemory(config), ...(await examineDatabase(parts, config))];
  if (services.has("http"))
    findings.push(
      await look("http port", () => checkPort({ setting: "ROOKERY_HTTP_PORT", host, port: httpPort })),
    );
  if (services.has("smtp"))
    findings.push(
      await look("smtp port", () => checkPort({ setting: "ROOKERY_SMTP_PORT", host, port: smtpPort })),
    );
  if (services.has("submission"))
    findings.push(
      await look("submission", () =>
        checkPort({ setting: "ROOKERY_SUBMISSION_PORT", host, port: submissionPort }),
      ),
    );
  if (tls !== null && (services.has("smtp") || services.has("submission")))
    findings.push(await look("certificate", () => checkCertificate(config.domain, tls)));
  return findings;
}

/** Runs one check; an error thrown is its finding. */
async function look(check: string, act: () => Promise<string>): Promise<Finding> {
  try {
    return { check, ok: true, detail: await act() };
  } catch (error) {
    const detail = error instanceof ConfigError ? error.problems.join("; ") : errorMessage(error);
    return { check, ok: false, detail };
  }
}

const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function checkPort(place: ListenPlace): Promise<string> {
  const { host, port } = place;
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) => reject(listenFailure(error, place)));
    probe.listen(port, host, () =>
      probe.close(() => resolve(port === 0 ? "a free one is picked at start" : `${host}:${port} is free`)),
    );
  });
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MB`;

/** What the process has, and what it may hold of it at once. */
async function examineMemory(config: Config): Promise<Finding> {
  const memory = await readMemory();
  const { heapBytes, bodyBytes, downloadBytes, smtpBytes, databaseBufferBytes } = memoryBounds(
    memory,
    config,
  );
  const of =
    memory.container === null ? "no container's limit" : `${megabytes(memory.container)} in the container`;
  const detail = `heap of ${megabytes(memory.heapLimit)}, ${of}: at once ${megabytes(bodyBytes)} of request bodies (${megabytes(heapBytes)} of heap for what is made of them), ${megabytes(downloadBytes)} of downloads, ${megabytes(smtpBytes)} of unfinished mail${config.databaseUrl === null ? `; ${megabytes(databaseBufferBytes)} for the pages of PostgreSQL` : ""}`;
  return { check: "memory", ok: true, detail };
}

/** The database, and with a schema of this version the secrets that are kept for it. */
async function examineDatabase(parts: CommandParts, config: Config): Promise<Finding[]> {
  const { maintain } = await import("../../installation.ts");
  const work = async ({ engine, outstanding, inspect }: Maintenance): Promise<Finding[]> => {
    const { length } = outstanding;
    const schema = length === 0 ? "schema up to date" : `${length} migrations to apply, which serve does`;
    const database = {
      check: "database",
      ok: true,
      detail: `PostgreSQL ${engine.version} (${engine.name}), ${schema}${config.databaseUrl === null ? `, in ${config.dataDir}` : ""}`,
    };
    if (length > 0) return [database];
    const { isolation, seal, rootKey, clock } = await inspect();
    return [
      database,
      { check: "isolation", ...isolation },
      { check: "seal key", ...seal },
      { check: "root key", ...rootKey },
      { check: "clock", ...clock },
    ];
  };
  try {
    return await untilEnded(parts, (onOpening) => maintain(config, createLog("silent"), work, onOpening));
  } catch (error) {
    return [{ check: "database", ok: false, detail: errorMessage(error) }];
  }
}

/** The operator's own. Without one, each start makes its own, which cannot fail. */
async function checkCertificate(hostname: string, tls: NonNullable<Config["tls"]>): Promise<string> {
  const { readCertificate } = await import("../../tls-certificate.ts");
  const reasons: string[] = [];
  const onWarning = (reason: string): void => void reasons.push(reason);
  await readCertificate({ ...tls, hostname, now: systemClock.now(), onWarning });
  return `${tls.certFile} ${reasons.length === 0 ? "and its key belong together" : `should be replaced: ${reasons.join("; ")}`}`;
}
