/** Secrets to a program of the operator's: one run a tenant, lines of JSON on its standard input. */
import { spawn } from "node:child_process";
import pLimit from "p-limit";
import { UsageError } from "../parts.ts";
import type { Secret } from "./lines.ts";
import { type SecretSink, SinkError, secretText } from "./secret-sink.ts";

/** Runs at once: programs that call a vault wait for it. */
const MAX_RUNS = 4;
/** Milliseconds for one run: an apply's batch waits for it. */
const RUN_MS = 60_000;
/** Characters of what a program says on standard error that are shown. */
const SHOWN = 500;

export function openSecretsCommand(command: readonly string[], folder: string): SecretSink {
  const [program = "", ...args] = command;
  if (program.includes("{tenant}"))
    throw new UsageError("The program that takes secrets cannot depend on {tenant}.");
  const limit = pLimit(MAX_RUNS);
  return {
    place: `\`${command.join(" ")}\``,
    async store(secrets) {
      const byTenant = Map.groupBy(secrets, ({ tenant }) => tenant);
      const outcomes = await Promise.allSettled(
        [...byTenant].map(([tenant, own]) =>
          limit(() =>
            run(
              program,
              args.map((arg) => arg.replaceAll("{tenant}", () => tenant)),
              folder,
              own,
            ),
          ),
        ),
      );
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    close: async () => undefined,
  };
}

/** Its own output is not shown: it may repeat the secret. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  secrets: readonly Secret[],
): Promise<void> {
  const tenant = secrets[0]?.tenant ?? "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (why: string): void =>
    reject(new SinkError(`\`${program}\` did not take the secrets of ${tenant}: ${why}.`));
  const child = spawn(program, args, {
    cwd,
    stdio: ["pipe", "ignore", "pipe"],
    timeout: RUN_MS,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(0, SHOWN);
  });
  child.once("error", (error) => refuse(error.message));
  child.once("close", (code, signal) => {
    if (code === 0) resolve();
    else
      refuse(
        `${code === null ? `it was ended by ${signal}` : `it ended with ${code}`}${said.trim() === "" ? "" : `: ${said.trim()}`}`,
      );
  });
  // One that reads nothing and ends with 0 has kept them: it says so by that.
  child.stdin.once("error", () => undefined);
  child.stdin.end(secrets.map(secretText).join(""));
  return promise;
}
