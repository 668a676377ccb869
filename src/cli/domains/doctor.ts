/** `rookery domains doctor`: what is wrong with a domain, and what to paste where. */
import { createResolver } from "../../egress/dns/resolver.ts";
import { systemClock } from "../../lib/clock.ts";
import { clientOf } from "../agent/read.ts";
import { columnsOf, fold } from "../fold.ts";
import { colour, type OutputOptions, present } from "../output.ts";
import { type CommandParts, configOf } from "../parts.ts";
import { readDomain, refreshDomain } from "./actions.ts";
import { type DomainRecord, publishedValue, type ShownDomain } from "./domain.ts";
import { type Finding, probeHost } from "./probe.ts";
import { checkValidators } from "./validators.ts";

interface DoctorOptions extends OutputOptions {
  readonly port: number;
}

/** Exit code 1 when anything is wrong. */
export async function examineDomain(
  parts: CommandParts,
  name: string,
  options: DoctorOptions,
): Promise<void> {
  const client = await clientOf(parts);
  await refreshDomain(client, name);
  const domain = await readDomain(client, name);
  const findings = [...domain.records.map(findingOf), ...(await probe(parts, domain, options.port))];
  await present(parts, options, {
    json: { domain: domain.domain, status: domain.status, trusted: domain.trusted === true, findings },
    ids: findings.filter(({ ok }) => !ok).map(({ check }) => check),
    text: () => `${headline(domain)}\n\n${findings.map(linesOf).join("\n")}`,
  });
  if (findings.some(({ ok }) => !ok)) parts.exit(1);
}

const headline = ({ domain, status, trusted }: ShownDomain): string =>
  `${domain} is ${status}${trusted === true ? ", trusted by the operator whatever is said below" : ""}.`;

async function probe(parts: CommandParts, { records }: ShownDomain, port: number): Promise<Finding[]> {
  const mx = records.find(({ purpose }) => purpose === "mx")?.value;
  if (mx === undefined) return [];
  const { dnsServers, outbound } = await configOf(parts);
  const resolver = createResolver({ servers: dnsServers, clock: systemClock });
  try {
    const [host, validators] = await Promise.all([
      probeHost(resolver.lookUp, mx, port, systemClock.now()),
      outbound.dane ? checkValidators(dnsServers, systemClock) : [],
    ]);
    return [...host, ...validators];
  } finally {
    resolver.close();
  }
}

/** What each record is for, as its owner understands it. */
const purposes: Readonly<Record<string, string>> = {
  dkim: "DKIM key: lets receivers verify what this server signs",
  spf: "SPF: lets this server send under the return-path",
  dmarc: "DMARC: what receivers do with mail that is not authenticated",
  mx: "MX: brings the domain's mail here",
  "return-path": "return-path: brings bounces here",
  wildcard: "wildcard MX: brings mail for names below the domain here",
  tracking: "tracking: host of tracked links",
};

function findingOf(record: DomainRecord): Finding {
  const about = `${record.type} ${record.name}`;
  const found = (record.found ?? []).map((text) => `found:    ${text}`);
  const problem = record.problem === undefined ? [] : [`look-up:  ${record.problem}`];
  const detail = [
    `${purposes[record.purpose] ?? record.purpose}${record.required === false ? " (not used now)" : ""}`,
    `${about}`,
    `expected: ${publishedValue(record)}`,
    ...(record.status === "VALID" ? [] : found),
    ...problem,
  ].join("\n");
  const ok = record.status === "VALID" || record.required === false;
  return ok
    ? { check: record.purpose, ok, detail }
    : { check: record.purpose, ok, detail, advice: adviceOn(record) };
}

/** A line of a zone file, which most providers' forms take in parts. */
const zoneLine = (record: DomainRecord): string =>
  record.type === "TXT"
    ? `${record.name}. IN TXT ${quoted(record.value)}`
    : `${record.name}. IN ${record.type} ${publishedValue(record)}.`;

/** Strings of 255 octets at most (RFC 1035 section 3.3). */
const quoted = (text: string): string =>
  (text.match(/.{1,255}/g) ?? []).map((piece) => `"${piece}"`).join(" ");

/** The line to paste stands alone and whole: a terminal that breaks it gives it back in one piece when it is copied. */
function adviceOn(record: DomainRecord): string {
  const paste = `publish\n${zoneLine(record)}`;
  if (record.reason === "duplicate_records") return `Keep one of the records found, and then ${paste}`;
  if (record.status === "INVALID") return `Take away what was found, and ${paste}`;
  return `${paste.charAt(0).toUpperCase()}${paste.slice(1)}`;
}

/** Columns in front of what is said of a check. */
const INDENT = 14;

function linesOf({ check, ok, detail, advice }: Finding): string {
  const mark = ok ? colour("green", "✓") : colour("red", "✗");
  const space = " ".repeat(INDENT);
  const [first = "", ...rest] = detail.split("\n");
  const [counsel, ...pasted] = advice?.split("\n") ?? [];
  const [room, arrow] = [process.stdout, colour("bold", "->")];
  return [
    `${mark} ${check.padEnd(INDENT - 3)} ${fold(first, room, INDENT)}`,
    ...rest.map((line) => `${space}${cut(line)}`),
    ...(counsel === undefined ? [] : [`${space}${arrow} ${fold(counsel, room, INDENT + 3)}`]),
    ...pasted,
  ].join("\n");
}

/** A value of hundreds of characters would hide the next finding. Other programs find all of it. */
function cut(line: string): string {
  const columns = columnsOf(process.stdout) - INDENT;
  return process.stdout.isTTY && line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
}
