/** Where minted secrets go: stored before they are confirmed, as a key that nobody has opens nothing and cannot be read again. */
import type { FleetSecrets } from "../../protocols/fleet-file/index.ts";
import type { CommandParts } from "../parts.ts";
import type { SecretSink } from "./secret-sink.ts";
import { openSecretsCommand } from "./secrets-command.ts";
import { openSecretsFile } from "./secrets-file.ts";
import { openSecretsOutput } from "./secrets-output.ts";

/** Bytes of a secret as it is stored: 200 to 300, and longer names. */
const LINE_BYTES = 512;

/**
 * @param folder that the file's path begins from
 * @param count of secrets that are to come at most: there must be room for them
 * @throws UsageError for what cannot be written, before any key is made
 */
export async function openSecrets(
  parts: CommandParts,
  secrets: FleetSecrets,
  folder: string,
  count: number,
): Promise<SecretSink> {
  if ("file" in secrets) return openSecretsFile(secrets.file, folder, count * LINE_BYTES);
  return "command" in secrets ? openSecretsCommand(secrets.command, folder) : openSecretsOutput(parts);
}
