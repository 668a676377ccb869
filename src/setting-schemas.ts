/** What settings take, each with an error message that says so. */
import { z } from "zod";
import { editsBetween } from "./lib/edits-between.ts";
import { isNetwork } from "./protocols/address/network.ts";
import { readServerList } from "./protocols/dns/server-list.ts";

export type ServiceName = "http" | "smtp" | "submission" | "worker";

const serviceNames: readonly ServiceName[] = ["http", "smtp", "submission", "worker"];
const laterServices = ["imap"];

/** A whole number from `least` to `most`, written in digits. */
const digits = (least: number, most: number, accepts: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, accepts)
    .transform(Number)
    .pipe(z.number().min(least, accepts).max(most, accepts));

/** The same, and `fallback` when it is absent. */
export const whole = (least: number, most: number, fallback: number, accepts: string) =>
  digits(least, most, accepts).prefault(String(fallback));

/** Twice the largest send, as one tenant alone may have half; and more than a machine has. */
const LEAST_MEMORY_BYTES = 25_165_824;
const MOST_MEMORY_BYTES = 1_099_511_627_776;

export const memoryBytes = digits(
  LEAST_MEMORY_BYTES,
  MOST_MEMORY_BYTES,
  `it takes bytes, ${LEAST_MEMORY_BYTES} to ${MOST_MEMORY_BYTES}`,
).optional();

/** A hundred years. */
const MOST_DAYS = 36_500;

export const days = (fallback: number) =>
  whole(0, MOST_DAYS, fallback, `it takes days, 1 to ${MOST_DAYS}; 0 keeps them for ever`);

export const port = (fallback: number) =>
  whole(0, 65_535, fallback, "it takes a port, 0 to 65535; 0 picks a free one");

export const databaseUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), {
    error: "it takes a URL like postgresql://user:password@host:5432/database",
  })
  .optional();

/** Scheme, host and perhaps a path, without that of an API; no slash at the end, so that paths can follow. */
export const webUrl = z
  .string()
  .refine(isPlainWebUrl, { error: "it takes an http:// or https:// URL without user, query and fragment" })
  .refine((text) => !/\/v[03]\/*$/.test(text), {
    error: "it takes a server's URL, without /v0 or /v3 at its end",
  })
  .transform((text) => text.replace(/\/+$/, ""));

function isPlainWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === "";
}

/** Addresses and networks, separated by commas; none when it is absent. */
export const networks = z
  .string()
  .prefault("")
  .transform((text) => text.split(",").map((part) => part.trim()))
  .transform((parts) => parts.filter((part) => part !== ""))
  .refine((parts) => parts.every(isNetwork), {
    error: "it takes addresses and networks separated by commas, such as 127.0.0.1,10.0.0.0/8",
  });

export function services(text: string, context: z.RefinementCtx): ReadonlySet<ServiceName> {
  const names: readonly string[] = text === "all" ? serviceNames : text.split(",").map((name) => name.trim());
  const known = names.filter((name): name is ServiceName => serviceNames.some((service) => service === name));
  const later = laterServices.filter((name) => names.includes(name));
  if (known.length !== names.length)
    context.addIssue({
      code: "custom",
      message: `${later.map((name) => `${name} is not available yet; `).join("")}it takes all, or any of ${serviceNames.join(",")}`,
      input: text,
    });
  return new Set(known);
}

/** Name servers. */
export const dnsServers = z
  .string()
  .transform(readServerList)
  .refine((servers) => servers !== null, { error: "it takes IP addresses, each with or without :port" })
  .optional();

/** A setting of a feature that is not built yet: accepting it silently would look as if it had an effect. */
export const later = (instead: string) => z.undefined(`it is not available yet: ${instead}`).optional();

/** What is said of a setting that is none. @param names of those that are */
export function unknownSetting(key: string, names: readonly string[]): string {
  // Compared without the common prefix, which would make every name look near.
  const own = (name: string): string => name.replace(/^ROOKERY_/, "");
  const [nearest] = names
    .map((name) => ({ name, edits: editsBetween(own(key), own(name)) }))
    .sort((a, b) => a.edits - b.edits);
  const hint =
    nearest !== undefined && nearest.edits <= own(key).length / 3 ? `did you mean ${nearest.name}? ` : "";
  return `${key} is not a setting: ${hint}\`rookery config\` lists them all`;
}
