/** A command on a terminal of 80 columns, by `script` of Debian's bsdutils. */
import { spawn, spawnSync } from "node:child_process";
import { program } from "./program.ts";

export const hasTerminal = spawnSync("script", ["--version"]).status === 0;

/**
 * @param line arguments of rookery, for a shell
 * @param answer typed once it asks
 * @returns what it prints there, colours included, and its exit code
 */
export async function runOnTerminal(
  line: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
  answer = "",
): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const command = `stty cols 80 && exec "${process.execPath}" "${program()}" ${line}`;
  const env = { PATH: process.env["PATH"] ?? "", TERM: "xterm-256color", ...settings };
  const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: folder, env });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    if (shown.includes("[y/N]")) child.stdin.end(answer);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, lines: shown.split(/\r?\n/) };
}

/** A line without its colours. */
export const plain = (line: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told by is a control character
  line.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
