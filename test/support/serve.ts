/** `rookery serve` in a process of its own, which may be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";

export interface ServerProcess {
  readonly pid: number;
  readonly baseUrl: string;
  readonly smtpPort: number;
  readonly submissionPort: number;
  readonly rootKey: string;
  /** kill -9, at once. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  end(): Promise<number | null>;
}

/** Those that `serve` would become another process to have (bin/rookery.js): half a tenth of a second of each start. */
const options = ["--max-semi-space-size=16", "--heap-growing-percent=100"];

/**
 * Starts it and waits for its ready line. Rejects with what it printed when it ends before.
 * @param program the file `bin/rookery.js` of a checkout or a package
 */
export async function serve(
  program: string,
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...options, program, "serve"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      ROOKERY_DATA_DIR: dataDir,
      ROOKERY_HTTP_PORT: "0",
      ROOKERY_SMTP_PORT: "0",
      ROOKERY_SUBMISSION_PORT: "0",
      ROOKERY_ALLOW_PRIVATE_TARGETS: "1",
      ROOKERY_LOG_LEVEL: "warn",
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ready = await readyLine(child);
  const rootKey = (await readFile(ready.keyFile, "utf8")).trim();
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    pid: child.pid ?? 0,
    baseUrl: ready.http ?? "",
    smtpPort: portOf(ready.smtp),
    submissionPort: portOf(ready.submission),
    rootKey,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async end() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** 0 without one. */
const portOf = (address = ""): number => Number(address.split(":").at(-1));

interface Ready {
  /** Each absent when it is not among the services. */
  readonly http?: string;
  readonly smtp?: string;
  readonly submission?: string;
  readonly keyFile: string;
}

function readyLine(child: ChildProcess): Promise<Ready> {
  let output = "";
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const line = /^ready (\{.*\})$/m.exec(output)?.[1];
      if (line !== undefined) resolve(JSON.parse(line) as Ready);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
}
