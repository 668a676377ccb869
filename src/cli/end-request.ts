/** Requests to end a long-running command: docs/decisions/0010-signals-and-parents.md. */
import { readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import type { Environment } from "../config.ts";
import { watchLauncher } from "./launcher.ts";

export type EndRequest = "SIGTERM" | "SIGINT" | "SIGHUP" | "launcher ended";

/**
 * Milliseconds within which the same request comes more than once: on Ctrl-C the terminal signals the whole foreground
 * group, and npm and the wrapper pass their own signal on besides.
 */
export const ECHO_MS = 1000;

/**
 * The first request from now on: SIGTERM, SIGINT, a hang-up unless started by nohup, or the end of npm or of the wrapper
 * that started this process. Ctrl-C pressed once more, after ECHO_MS, ends the process at once.
 */
export function endRequest(environment: Environment): Promise<EndRequest> {
  const underNohup = isUnderNohup(environment);
  return new Promise((resolve) => {
    let first: number | null = null;
    const ask = (request: EndRequest): void => {
      first ??= performance.now();
      resolve(request);
    };
    process.on("SIGTERM", () => ask("SIGTERM"));
    process.on("SIGINT", () => {
      if (first !== null && performance.now() - first > ECHO_MS) process.exit(128 + constants.signals.SIGINT);
      ask("SIGINT");
    });
    // Node resets what nohup set, so the signal is caught in either case.
    process.on("SIGHUP", () => {
      if (!underNohup) ask("SIGHUP");
    });
    if (underNohup) return;
    if (process.channel !== undefined && process.channel !== null) {
      process.once("disconnect", () => ask("launcher ended"));
      // Listening to it must not keep a finished command from ending.
      process.channel.unref();
    }
    if (environment["npm_lifecycle_event"] !== undefined) void watchLauncher(() => ask("launcher ended"));
  });
}

/**
 * Whether nohup started it: it lets standard input be read from nowhere (GNU opens /dev/null for writing), and shells note
 * the program that they start. Both outlive npm and the wrapper in between.
 */
function isUnderNohup(environment: Environment): boolean {
  if (environment["_"]?.endsWith("/nohup") === true) return true;
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync("/proc/self/fdinfo/0", "utf8"))?.[1] ?? "0";
    const isWriteOnly = (Number.parseInt(flags, 8) & 0o3) === 0o1;
    return isWriteOnly && readlinkSync("/proc/self/fd/0") === "/dev/null";
  } catch {
    // No standard input, or a system without /proc.
    return false;
  }
}
