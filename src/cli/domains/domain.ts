/** A domain as `/v0` gives it, and as it is printed. */
import { z } from "zod";
import { type Cell, type Colour, cellColumns, detailsOf, tableOf } from "../output.ts";

const recordShape = z.object({
  type: z.string(),
  name: z.string(),
  value: z.string(),
  status: z.enum(["MISSING", "INVALID", "VALID"]),
  priority: z.number().optional(),
  reason: z.string().optional(),
  required: z.boolean().optional(),
  purpose: z.string(),
  found: z.array(z.string()).optional(),
  checked_at: z.string().optional(),
  problem: z.string().optional(),
});
export type DomainRecord = z.output<typeof recordShape>;

export const domainShape = z.object({
  domain: z.string(),
  pod_id: z.string().optional(),
  status: z.string(),
  reason: z.string().optional(),
  trusted: z.boolean().optional(),
  checked_at: z.string().optional(),
  next_check_at: z.string().optional(),
  records: z.array(recordShape),
});
export type ShownDomain = z.output<typeof domainShape>;

const colours: Readonly<Record<string, Colour>> = {
  VALID: "green",
  VERIFIED: "green",
  INVALID: "red",
  FAILED: "red",
  MISSING: "yellow",
};

const inColour = (text: string, status: string): Cell => {
  const name = colours[status];
  return name === undefined ? text : { text, colour: name };
};

const STATE_COLUMNS = 9;
const TYPE_COLUMNS = 5;
const RECORD_COLUMNS = cellColumns(3) - STATE_COLUMNS - TYPE_COLUMNS;

/** What is published at a name, as a provider's form takes it. */
export const publishedValue = ({ value, priority }: DomainRecord): string =>
  priority === undefined ? value : `${priority} ${value}`;

export function domainText(domain: ShownDomain): string {
  const trusted = domain.trusted === true ? " (trusted by the operator)" : "";
  const details = detailsOf([
    ["Domain", domain.domain],
    ["Owner", domain.pod_id === undefined ? "the whole organization" : `pod ${domain.pod_id}`],
    ["Status", `${domain.status}${trusted}`],
    ["Reason", domain.reason],
    ["Looked up", domain.checked_at],
    ["Next time", domain.next_check_at],
  ]);
  const table = tableOf(
    [
      ["state", STATE_COLUMNS],
      ["type", TYPE_COLUMNS],
      ["record", RECORD_COLUMNS],
    ],
    domain.records.map((record) => [
      inColour(record.status, record.status),
      record.type,
      `${record.name}\n${publishedValue(record)}`,
    ]),
  );
  return `${details}\n\n${table}`;
}

/** A domain in a list, as `/v3` gives it: what was found of it. */
export const listedShape = z.object({
  id: z.string(),
  domain_address: z.string(),
  verified_dkim: z.boolean(),
  verified_spf: z.boolean(),
  verified_dmarc: z.boolean(),
  verified_mx: z.boolean(),
  verified_feedback: z.boolean(),
});
export type ListedDomain = z.output<typeof listedShape>;

const FLAG_COLUMNS = 7;

export function domainTable(domains: readonly ListedDomain[]): string {
  if (domains.length === 0) return "There is no domain that this key may see.";
  const flag = (isFound: boolean): Cell => (isFound ? { text: "found", colour: "green" } : "-");
  return tableOf(
    [
      ["domain", cellColumns(6) - 5 * FLAG_COLUMNS],
      ["dkim", FLAG_COLUMNS],
      ["spf", FLAG_COLUMNS],
      ["dmarc", FLAG_COLUMNS],
      ["mx", FLAG_COLUMNS],
      ["bounces", FLAG_COLUMNS],
    ],
    domains.map((one) => [
      one.domain_address,
      flag(one.verified_dkim),
      flag(one.verified_spf),
      flag(one.verified_dmarc),
      flag(one.verified_mx),
      flag(one.verified_feedback),
    ]),
  );
}
