/** A question before what is hard to undo. */
import { createInterface } from "node:readline/promises";
import { type CommandParts, UsageError } from "./parts.ts";

/**
 * @param yes the question is answered already, by --yes
 * @returns whether to go on. No ends the command with 1: nothing was done of what it was asked for
 * @throws UsageError without --yes where nobody can be asked
 */
export async function confirm(
  parts: CommandParts,
  question: string,
  yes: boolean | undefined,
): Promise<boolean> {
  if (yes === true) return true;
  if (!process.stdin.isTTY)
    throw new UsageError(
      "This requires confirmation: give --yes where standard input is no terminal. Nothing was done.",
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and the end of input are no answer, which counts as no.
  const abandoned = new AbortController();
  terminal.once("SIGINT", () => abandoned.abort());
  terminal.once("close", () => abandoned.abort());
  const answer = await terminal.question(`${question} [y/N] `, { signal: abandoned.signal }).catch(() => "");
  terminal.close();
  if (/^\s*y(es)?\s*$/i.test(answer)) return true;
  parts.tell("Cancelled: nothing was done.");
  parts.exit(1);
  return false;
}
