import type { Command } from "commander";
import { type Running, startApp } from "../../app.ts";
import type { Config } from "../../config.ts";
import { createLog } from "../../lib/log.ts";
import { type CommandParts, configOf } from "../parts.ts";

/** `rookery serve`: runs until SIGTERM or SIGINT, then ends in order. */
export function addServe(program: Command, parts: CommandParts): void {
  program
    .command("serve")
    .description(
      "Run the server: API, SMTP and workers, on an embedded PostgreSQL or the one of DATABASE_URL.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rookery serve\n  ROOKERY_HTTP_PORT=0 ROOKERY_SMTP_PORT=0 rookery serve   # free ports, named in the ready line\n  ROOKERY_SERVICES=worker DATABASE_URL=postgresql://... rookery serve",
    )
    .action(async () => {
      const config = configOf(parts);
      const log = createLog(config.logLevel);
      const running = await startApp(config, { log });
      parts.print(readyLine(running, config));
      if (running.rootKeyIsNew)
        parts.print(`Your API key, shown this once (kept in ${running.keyFile}):\n${running.rootKey}`);
      const signal = await new Promise<string>((resolve) => {
        for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
      });
      log.info({ signal }, "stopping");
      await running.stop();
    });
}

/** One line of `ready` and JSON: URLs, ports, and where the key is. */
export function readyLine(running: Running, config: Config): string {
  const http = running.httpPort === null ? null : `http://${config.host}:${running.httpPort}`;
  return `ready ${JSON.stringify({
    ...(http !== null && { http, docs: `${http}/docs` }),
    ...(running.smtpPort !== null && { smtp: `${config.host}:${running.smtpPort}` }),
    domain: config.domain,
    dataDir: config.dataDir,
    keyFile: running.keyFile ?? "ROOKERY_API_KEY",
    postgres: `${running.engine.version} ${running.engine.name}`,
  })}`;
}
