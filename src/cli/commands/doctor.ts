import { createServer } from "node:net";
import type { Command } from "commander";
import { openEngine } from "../../app.ts";
import type { Config } from "../../config.ts";
import { createLog } from "../../lib/log.ts";
import { migrate } from "../../storage/migrate.ts";
import { type CommandParts, configOf } from "../parts.ts";

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Runs one check; what it throws is what it found. */
async function look(check: string, act: () => Promise<string>): Promise<Finding> {
  try {
    return { check, ok: true, detail: await act() };
  } catch (error) {
    return { check, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function portIsFree(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) =>
      reject(
        new Error(
          `${host}:${port} cannot be used (${error.message}). Stop what listens there, or choose another port.`,
        ),
      ),
    );
    probe.listen(port, host, () => probe.close(() => resolve(`${host}:${port} is free`)));
  });
}

async function checkDatabase(config: Config): Promise<string> {
  const engine = await openEngine(config, createLog("silent"));
  try {
    const applied = await migrate(engine);
    return `PostgreSQL ${engine.version} (${engine.name}), schema up to date${applied.length > 0 ? ` after ${applied.length} migrations` : ""}`;
  } finally {
    await engine.stop();
  }
}

/** `rookery doctor`: would `serve` work here? Exit code 1 when not. */
export function addDoctor(program: Command, parts: CommandParts): void {
  program
    .command("doctor")
    .description(
      "Check that Rookery can run here: Node, settings, database, ports. Run it while the server is stopped.",
    )
    .option("--json", "print as JSON")
    .addHelpText("after", "\nExamples:\n  rookery doctor\n  rookery doctor --json")
    .action(async (options: { json?: boolean }) => {
      const config = configOf(parts);
      const findings = [
        await look("node", async () => process.versions.node),
        await look("database", () => checkDatabase(config)),
        await look("http port", () => portIsFree(config.host, config.httpPort)),
        await look("smtp port", () => portIsFree(config.host, config.smtpPort)),
      ];
      if (options.json === true) parts.print(JSON.stringify(findings, null, 2));
      else
        for (const { check, ok, detail } of findings)
          parts.print(`${ok ? "✓" : "✗"} ${check.padEnd(10)} ${detail}`);
      if (findings.some(({ ok }) => !ok)) parts.exit(1);
    });
}
