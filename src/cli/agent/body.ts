/** A request's body, given as JSON in a flag or a file. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { type CommandParts, UsageError } from "../parts.ts";

export interface BodyOptions {
  readonly name?: string;
  readonly data?: string;
  readonly dataFile?: string;
}

/** The JSON as it is given, with the name of --name in it; empty without any. @throws UsageError */
export async function bodyGiven(parts: CommandParts, options: BodyOptions): Promise<Record<string, unknown>> {
  const { name, data, dataFile } = options;
  if (data !== undefined && dataFile !== undefined)
    throw new UsageError("--data and --data-file exclude each other: give one of them.");
  const body =
    dataFile !== undefined
      ? parseObject(await readGiven(parts, "--data-file", dataFile), `--data-file ${dataFile}`)
      : data !== undefined
        ? parseObject(data, "--data")
        : {};
  return { ...body, ...(name !== undefined && { name }) };
}

/** The text of a file that a flag names; of standard input for `-`. @throws UsageError naming flag and file */
export async function readGiven({ cwd }: CommandParts, flag: string, file: string): Promise<string> {
  return readFile(file === "-" ? "/dev/stdin" : resolve(cwd, file), "utf8").catch((error: unknown) => {
    throw new UsageError(`${flag} ${file} cannot be read (${codeOf(error) || String(error)}).`);
  });
}

function parseObject(text: string, from: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${from} is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new UsageError(`${from} is no JSON object, such as {"name": "Baseline"}.`);
  // Cast: an object has text keys and values that are not known yet.
  return json as Record<string, unknown>;
}
