/** Which server a command calls, and with which key. */
import { join } from "node:path";
import { readKeyFile, rootKeyFile } from "../../key-files.ts";
import { type CommandParts, configOf, UsageError } from "../parts.ts";

export interface Connection {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Null: requests are made without one. */
  readonly key: string | null;
  /** The setting or the file that the key is from, for messages; empty without one. */
  readonly keyPlace: string;
  /** Domain of an account that is named without one. */
  readonly domain: string;
}

/** For requests that are taken without a key, and that nobody's key is sent with. @throws ConfigError, SetupError */
export async function keylessConnectionOf(parts: CommandParts): Promise<Connection> {
  const { baseUrl, domain } = await configOf(parts);
  return { baseUrl, domain, key: null, keyPlace: "" };
}

/** @throws ConfigError, SetupError; UsageError without a key */
export async function connectionOf(parts: CommandParts): Promise<Connection> {
  const { baseUrl, apiKey, dataDir, domain } = await configOf(parts);
  if (apiKey !== null) return { baseUrl, domain, key: apiKey, keyPlace: "ROOKERY_API_KEY" };
  // The key of the data directory reaches everything of the installation there: it is never sent to another machine, only because
  // the base URL names one.
  if (!isLoopback(baseUrl))
    throw new UsageError(
      `ROOKERY_BASE_URL is ${baseUrl}, another machine: set ROOKERY_API_KEY to a key of that server. The root key of a data directory is sent to this machine only.`,
    );
  const key = await readKeyFile(dataDir, rootKeyFile);
  if (key === null)
    throw new UsageError(
      `There is no API key: ROOKERY_API_KEY is not set, and ${join(dataDir, rootKeyFile.name)} does not exist. Set it, or run this where \`rookery serve\` was started (or with its ROOKERY_DATA_DIR).`,
    );
  return { baseUrl, domain, key, keyPlace: join(dataDir, rootKeyFile.name) };
}

function isLoopback(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) || hostname.endsWith(".localhost");
}
