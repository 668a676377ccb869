/** The installation's secrets in words for the operator: what is wrong, what is lost, and what to do. */
import { join } from "node:path";
import type { Config } from "./config.ts";

export interface ShownKey {
  readonly id: string;
  readonly prefix: string;
  readonly createdAt: Date;
}

/** Things of tenants that hold something sealed. */
export interface Sealed {
  readonly webhooks: number;
  readonly domains: number;
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

export const namesOf = (keys: readonly ShownKey[]): string =>
  keys
    .map(({ id, prefix, createdAt }) => `${prefix}... of ${createdAt.toISOString().slice(0, 10)} (id ${id})`)
    .join(", ");

/** @param state `absent`: this process has none */
export function sealKeyRefusal(
  { sealKey, dataDir }: Pick<Config, "sealKey" | "dataDir">,
  state: "absent" | "wrong",
  { webhooks, domains }: Sealed,
): string {
  const file = join(dataDir, "seal.key");
  const found =
    state === "absent"
      ? `There is no ${file}, and the database is sealed with a key`
      : `${sealKey === null ? file : "ROOKERY_SEAL_KEY"} is not the key that the database is sealed with`;
  const back =
    sealKey === null
      ? "Put the seal.key back that this database was used with (it lies in the data directory of before, and in its backups), or set ROOKERY_SEAL_KEY to what it holds"
      : "Set ROOKERY_SEAL_KEY to the key that this database was used with";
  return `${found}: without that one the secrets of ${counted(webhooks, "webhook")} and the DKIM keys of ${counted(domains, "domain")} cannot be read. ${back}. If it is permanently lost, \`rookery reset-seal-key\` says what going on without it takes, and does it.`;
}

export const anotherRootKey = (dataDir: string, live: readonly ShownKey[]): string =>
  `${join(dataDir, "root.key")} holds another key than the database's root key, ${namesOf(live)}. Put the file of that key back; or, to replace it, run \`rookery keys revoke ${live.map(({ id }) => id).join(" ")}\` or set ROOKERY_API_KEY.`;

export const narrowRootKey = (): string =>
  "ROOKERY_API_KEY is a key of a pod or an inbox, or one with restricted permissions. It takes a key of the whole organization, or one that does not exist yet.";

export const rootKeyElsewhere = (dataDir: string, live: readonly ShownKey[]): string =>
  `${join(dataDir, "root.key")} is absent and the database has a root key, ${namesOf(live)}, so none is made. If that key is lost, run \`rookery keys revoke ${live.map(({ id }) => id).join(" ")}\` and start again, or set ROOKERY_API_KEY.`;

export const revokedRootKey = ({ apiKey, dataDir }: Pick<Config, "apiKey" | "dataDir">): string =>
  apiKey === null
    ? `The key in ${join(dataDir, "root.key")} was revoked and stays so. For a new one delete the file and start again, or set ROOKERY_API_KEY.`
    : "The key in ROOKERY_API_KEY was revoked and stays so. Set another for a new one.";

export const severalRootKeys = (others: readonly ShownKey[]): string =>
  `Earlier starts left root keys that still work: ${namesOf(others)}. Revoke those that are not in use with \`rookery keys revoke ${others.map(({ id }) => id).join(" ")}\`.`;

export const replacedRootKeys = (replaced: readonly ShownKey[]): string =>
  `ROOKERY_API_KEY replaced the root key ${namesOf(replaced)}, which does not work any more.`;

/** From the largest. */
const spans = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** @param leadMs by which the process's clock is ahead; negative: behind. A minute at least, either way */
export function clocksDiffer(leadMs: number): string {
  const ms = Math.abs(leadMs);
  const [name, length] = spans.find((span) => ms >= span[1]) ?? spans[2];
  return `This machine's clock is ${counted(Math.round(ms / length), name)} ${leadMs > 0 ? "ahead of" : "behind"} the database's. Set the one that is wrong; \`timedatectl\` says whether NTP does.`;
}

export const wrongClock = (leadMs: number): string =>
  `${clocksDiffer(leadMs)} Until then nothing is written with such times: what is kept for so many days would be deleted early, or stay.`;
