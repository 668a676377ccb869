/** What is printed once every listener accepts: one line of JSON for programs, lines for people on a terminal. */
import { isIPv6 } from "node:net";
import { relative } from "node:path";
import { styleText } from "node:util";
import type { Config } from "../config.ts";
import { VERSION } from "../version.ts";

export interface ReadyFields {
  readonly http?: string;
  readonly docs?: string;
  readonly smtp?: string;
  readonly submission?: string;
  readonly domain: string;
  /** The inbox whose mail has the codes of agents that sign up; absent where they may not. */
  readonly signUp?: string;
  readonly dataDir: string;
  /** Path of the file with the root key, or the setting that gave it; null: this process holds none that is in force. */
  readonly keyFile: string | null;
  readonly postgres: string;
}

const KEY_SETTING = "ROOKERY_API_KEY";

/** What it needs of a running server. */
interface Started {
  /** Ports are null for services that it does not run. */
  readonly httpPort: number | null;
  readonly smtpPort: number | null;
  readonly submissionPort: number | null;
  /** Null: this process holds none that is in force. */
  readonly rootKey: string | null;
  /** Null when the setting gave the key. */
  readonly keyFile: string | null;
  readonly engine: { readonly name: string; readonly version: string };
}

/** URLs, ports as they are, and where the key is. */
export function readyFields(running: Started, config: Config): ReadyFields {
  // An address with colons needs brackets before its port (RFC 3986 section 3.2.2).
  const host = isIPv6(config.host) ? `[${config.host}]` : config.host;
  const http = `http://${host}:${running.httpPort}`;
  return {
    ...(running.httpPort !== null && { http, docs: `${http}/docs` }),
    ...(running.smtpPort !== null && { smtp: `${host}:${running.smtpPort}` }),
    ...(running.submissionPort !== null && { submission: `${host}:${running.submissionPort}` }),
    domain: config.domain,
    ...(config.signUp && { signUp: `postmaster@${config.domain}` }),
    dataDir: config.dataDir,
    keyFile: running.rootKey === null ? null : (running.keyFile ?? KEY_SETTING),
    postgres: `${running.engine.version} ${running.engine.name}`,
  };
}

/**
 * The same for people, in 80 columns but for paths that are longer, with a command to try next.
 * @param newKey the root key, when this start made it
 */
export function readyLines(fields: ReadyFields, newKey: string | null, cwd: string): string[] {
  const bold = (text: string): string => styleText("bold", text, { stream: process.stdout });
  const rows: [string, string][] = [
    ...row("API", fields.http),
    ...row("Docs", fields.docs),
    ...row("SMTP", fields.smtp && `${fields.smtp}, for addresses @${fields.domain}`),
    ...row("Submit", fields.submission && `${fields.submission}, with an inbox's address and a key`),
    ...row("Sign-up", fields.signUp && `open: codes are in the mail of ${fields.signUp}`),
    ["Data", nearPath(fields.dataDir, cwd)],
    ["API key", keyPlace(fields, cwd) ?? "one of yours: this process holds none"],
  ];
  return [
    `${bold(`Rookery ${VERSION} is ready`)} (PostgreSQL ${fields.postgres})`,
    "",
    ...rows.map(([name, value]) => `  ${name.padEnd(8)} ${value}`),
    ...(newKey === null ? [] : ["  shown this once:", `  ${newKey}`]),
    "",
    ...(fields.http === undefined ? [] : [...tryNext(fields, fields.http, cwd), ""]),
  ];
}

const row = (name: string, value: string | undefined): [string, string][] =>
  value === undefined ? [] : [[name, value]];

/** Where the key is, for people. */
const keyPlace = ({ keyFile }: ReadyFields, cwd: string): string | null =>
  keyFile === null || keyFile === KEY_SETTING ? keyFile : nearPath(keyFile, cwd);

/** One line each, so that they can be pasted. */
function tryNext(fields: ReadyFields, http: string, cwd: string): string[] {
  const place = keyPlace(fields, cwd);
  if (place === null) return [];
  return [
    "Try in another terminal, in this folder:",
    `  KEY=${place === KEY_SETTING ? `$${KEY_SETTING}` : `$(cat ${quoted(place)})`}`,
    `  curl -X POST -H "Authorization: Bearer $KEY" ${http}/v0/inboxes`,
  ];
}

/** As seen from the working directory, where that is shorter. */
function nearPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near !== "" && near.length < path.length ? near : path;
}

const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
