/** `rookery` as its users run it: a process, its output and its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { runCommand as runMain } from "../../src/cli/main.ts";
import { program } from "./program.ts";

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits for text on standard output or error, and gives the match. Rejects with all output when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Settings of the shell that runs the tests do not count: only these do. */
export type Settings = Readonly<Record<string, string>>;

/** Starts it in `cwd`, with no settings but these. */
export function startCommand(args: readonly string[], cwd: string, settings: Settings = {}): Command {
  return startProgram([process.execPath, program(), ...args], cwd, settings);
}

/** As startCommand, any program that starts it in the end. */
export function startProgram(line: readonly string[], cwd: string, settings: Settings = {}): Command {
  const [file = "", ...args] = line;
  const env = { PATH: process.env["PATH"] ?? "", ...settings };
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  let look: () => void = () => undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    look();
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => resolve({ code, stdout, stderr })),
  );
  return {
    child,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const found = pattern.exec(`${stdout}\n${stderr}`);
          if (found !== null) resolve(found);
        };
        look();
        void ended.then(({ code }) => reject(new Error(`ended with ${code}: ${stdout}${stderr}`)));
      }),
  };
}

/** Runs it to its end. */
export function runCommand(args: readonly string[], cwd: string, settings: Settings = {}): Promise<Ended> {
  return startCommand(args, cwd, settings).ended;
}

/** As runCommand, but within this process, which takes a hundredth of the time: for commands that keep nothing open. */
export async function callCommand(
  args: readonly string[],
  cwd: string,
  settings: Settings = {},
): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  const code = await runMain(["node", "rookery", ...args], settings, cwd, {
    // The shell that runs the tests may ask for colours.
    out: (text) => {
      stdout += stripVTControlCharacters(text);
    },
    err: (text) => {
      stderr += stripVTControlCharacters(text);
    },
    deliver: async (text) => {
      stdout += text;
    },
  });
  return { code, stdout, stderr };
}
