import { isIPv6 } from "node:net";
import type { Command } from "commander";
import type { Running } from "../../app.ts";
import type { Config } from "../../config.ts";
import { createLog } from "../../lib/log.ts";
import { type CommandParts, configOf, endSignal, errorLine } from "../parts.ts";
import { startOrEnd } from "../start-or-end.ts";

/** `rookery serve`: runs until SIGTERM or SIGINT, then shuts down gracefully. */
export function addServe(program: Command, parts: CommandParts): void {
  program
    .command("serve")
    .description(
      "Run the server: API, SMTP and workers, on an embedded PostgreSQL or the one of DATABASE_URL. SIGTERM and Ctrl-C shut it down gracefully.",
    )
    .addHelpText(
      "after",
      `
Examples:
  rookery serve
  ROOKERY_HTTP_PORT=0 ROOKERY_SMTP_PORT=0 rookery serve   # free ports, named in the ready line
  ROOKERY_SERVICES=worker DATABASE_URL=postgresql://... rookery serve

When every listener accepts, it prints one line: \`ready\` and JSON with URLs, ports and where the key is.`,
    )
    .action(() => serve(parts));
}

async function serve(parts: CommandParts): Promise<void> {
  const config = await configOf(parts);
  const log = createLog(config.logLevel);
  // Before the start: a signal during it would leave the embedded PostgreSQL running as an orphan.
  const signal = endSignal();
  const { startApp } = await import("../../app.ts");
  const running = await startOrEnd(startApp(config, { log }), signal, (reason) => {
    parts.tell(errorLine(reason));
    process.exit(1);
  });
  parts.print(`ready ${JSON.stringify(readyFields(running, config))}`);
  if (running.rootKeyIsNew)
    parts.print(`Your API key, shown this once (kept in ${running.keyFile}):\n${running.rootKey}`);
  log.info({ signal: await signal }, "stopping");
  await running.stop();
}

export interface ReadyFields {
  readonly http?: string;
  readonly docs?: string;
  readonly smtp?: string;
  readonly domain: string;
  readonly dataDir: string;
  /** Path of the file with the root key, or the setting that gave it; null: this process holds none that is in force. */
  readonly keyFile: string | null;
  readonly postgres: string;
}

/** URLs, ports as they are, and where the key is. */
export function readyFields(running: Running, config: Config): ReadyFields {
  // An address with colons needs brackets before its port (RFC 3986 section 3.2.2).
  const host = isIPv6(config.host) ? `[${config.host}]` : config.host;
  const http = `http://${host}:${running.httpPort}`;
  return {
    ...(running.httpPort !== null && { http, docs: `${http}/docs` }),
    ...(running.smtpPort !== null && { smtp: `${host}:${running.smtpPort}` }),
    domain: config.domain,
    dataDir: config.dataDir,
    keyFile: running.rootKey === null ? null : (running.keyFile ?? "ROOKERY_API_KEY"),
    postgres: `${running.engine.version} ${running.engine.name}`,
  };
}
