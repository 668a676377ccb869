/** DNS records as a BIND zone file (RFC 1035 section 5). */

export interface ZoneRecord {
  readonly type: "TXT" | "CNAME" | "MX";
  /** Fully qualified, without the trailing dot. */
  readonly name: string;
  readonly value: string;
  /** MX only. */
  readonly priority?: number;
}

/** Octets of one character-string (RFC 1035 section 3.3). */
const MAX_STRING_OCTETS = 255;

/** TTL, seconds. An hour: a mistake made while setting up is not cached for a day. */
const TTL_SECONDS = 3600;

/** Preference of an MX record that names none. */
const DEFAULT_PRIORITY = 10;

/** An octet as a character, or escaped as `\DDD` where the character is special in a zone file. */
function escaped(octet: number, plain: RegExp): string {
  const character = String.fromCharCode(octet);
  return plain.test(character) ? character : `\\${String(octet).padStart(3, "0")}`;
}

/** With the trailing dot, without which the origin would be appended. */
function qualified(name: string): string {
  const octets = [...Buffer.from(name.replace(/\.$/, ""))];
  return `${octets.map((octet) => escaped(octet, /[\w.*-]/)).join("")}.`;
}

/** Quoted character-strings, which a resolver concatenates; empty text is one empty string. */
function quoted(text: string): string {
  const octets = Buffer.from(text);
  const strings: string[] = [];
  for (let start = 0; start === 0 || start < octets.length; start += MAX_STRING_OCTETS) {
    const part = [...octets.subarray(start, start + MAX_STRING_OCTETS)];
    strings.push(`"${part.map((octet) => escaped(octet, /[ !#-[\]-~]/)).join("")}"`);
  }
  return strings.join(" ");
}

function dataOf(record: ZoneRecord): string {
  if (record.type === "TXT") return quoted(record.value);
  if (record.type === "CNAME") return qualified(record.value);
  return `${record.priority ?? DEFAULT_PRIORITY} ${qualified(record.value)}`;
}

/** One line per record, in the order given, below the domain's $ORIGIN; ASCII, whatever the records hold. */
export function zoneFile(domain: string, records: readonly ZoneRecord[]): string {
  const lines = [
    `; Records for ${qualified(domain).slice(0, -1)}`,
    `$ORIGIN ${qualified(domain)}`,
    ...records.map(
      (record) => `${qualified(record.name)} ${TTL_SECONDS} IN ${record.type} ${dataOf(record)}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
