/** DNS records as a BIND zone file (RFC 1035 section 5). */

export interface ZoneRecord {
  readonly type: "TXT" | "CNAME" | "MX";
  /** Fully qualified, without the trailing dot. */
  readonly name: string;
  readonly value: string;
  readonly priority?: number;
}

/** Octets of one character-string (RFC 1035 section 3.3). */
const MAX_STRING = 255;

/** Seconds; short, because these records are being set up. */
const TTL = 3600;

const quote = (text: string): string => `"${text.replaceAll(/(["\\])/g, "\\$1")}"`;

function dataOf(record: ZoneRecord): string {
  if (record.type === "MX") return `${record.priority ?? 10} ${record.value}.`;
  if (record.type === "CNAME") return `${record.value}.`;
  const strings = record.value.match(new RegExp(`.{1,${MAX_STRING}}`, "gs")) ?? [""];
  return strings.map(quote).join(" ");
}

export function zoneFile(domain: string, records: readonly ZoneRecord[]): string {
  const lines = records.map((record) => `${record.name}. ${TTL} IN ${record.type} ${dataOf(record)}`);
  return `; Records for ${domain}\n$ORIGIN ${domain}.\n${lines.join("\n")}\n`;
}
