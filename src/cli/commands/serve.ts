import type { Command } from "commander";
import { createLog } from "../../lib/log.ts";
import { endRequest } from "../end-request.ts";
import { type CommandParts, configOf, errorLine } from "../parts.ts";
import { readyFields, readyLines } from "../ready.ts";
import { startOrEnd } from "../start-or-end.ts";

/** `rookery serve`: runs until a signal, or the end of npm that started it, then shuts down gracefully. */
export function addServe(program: Command, parts: CommandParts): void {
  program
    .command("serve")
    .description(
      "Run the server: API, SMTP and workers, on an embedded PostgreSQL or the one of DATABASE_URL. SIGTERM, SIGHUP and Ctrl-C shut it down gracefully.",
    )
    .addHelpText(
      "after",
      `
Examples:
  rookery serve
  ROOKERY_SERVICES=http,worker ROOKERY_HTTP_PORT=0 rookery serve   # a free port
  ROOKERY_SERVICES=worker DATABASE_URL=postgresql://... rookery serve

When every listener accepts, it says where. Piped, that is one line: \`ready\` and
JSON with URLs, ports and where the key is.`,
    )
    .action(() => serve(parts));
}

async function serve(parts: CommandParts): Promise<void> {
  const config = await configOf(parts);
  const log = createLog(config.logLevel);
  // Before the start: a signal during it would leave the embedded PostgreSQL running as an orphan.
  const ended = endRequest(parts.environment);
  const { startApp } = await import("../../app.ts");
  const running = await startOrEnd(startApp(config, { log }), ended, (reason) => {
    parts.tell(errorLine(reason));
    process.exit(1);
  });
  const { rootKey, rootKeyIsNew, keyFile } = running;
  const ready = readyFields(running, config);
  if (parts.forPeople) {
    parts.print(
      [...readyLines(ready, rootKeyIsNew ? rootKey : null, parts.cwd), "Ctrl-C stops it."].join("\n"),
    );
  } else {
    parts.print(`ready ${JSON.stringify(ready)}`);
    if (rootKeyIsNew) parts.print(`Your API key, shown this once (kept in ${keyFile}):\n${rootKey}`);
  }
  log.info({ because: await ended }, "stopping");
  await running.stop();
}
