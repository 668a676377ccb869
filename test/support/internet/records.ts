/** Records in presentation format, made into those of a DNS message. */
import { isIPv4, isIPv6 } from "node:net";
import { Packet, type Resource } from "dns2";
import type { Records, RecordType, ZoneEntry } from "./zone.ts";

/** TLSA (RFC 6698 section 7.1) is unknown to dns2, which writes the octets of such a record as they are. */
const TYPES = { ...Packet.TYPE, TLSA: 52 } as const;
/** Of record types that the zone has; others exist too, without records. */
const NAMES = new Map<number, RecordType>(
  (["A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TLSA", "TXT"] as const).map((name) => [TYPES[name], name]),
);

export const typeNameOf = (code: number): RecordType | null => NAMES.get(code) ?? null;

/** Octets of one character-string (RFC 1035 section 3.3). */
const MAX_STRING_OCTETS = 255;
/** Seconds. */
const TTL = 60;

const addresses = (entry: readonly string[]): Records => ({
  A: entry.filter(isIPv4),
  AAAA: entry.filter(isIPv6),
});

export const recordsOf = (entry: Exclude<ZoneEntry, string>): Records =>
  "length" in entry ? addresses(entry) : entry;

export function resource(name: string, type: RecordType, text: string): Resource {
  const words = text.split(/\s+/);
  const number = (index: number): number => Number(words[index]);
  const data = (): Partial<Resource> => {
    switch (type) {
      case "A":
      case "AAAA":
        return { address: text };
      case "CNAME":
      case "PTR":
        return { domain: text };
      case "MX":
        return { priority: number(0), exchange: withoutDot(words[1] ?? "") };
      case "SRV":
        return {
          priority: number(0),
          weight: number(1),
          port: number(2),
          target: withoutDot(words[3] ?? ""),
        };
      case "TLSA":
        return {
          data: Buffer.concat([
            Buffer.from([number(0), number(1), number(2)]),
            Buffer.from(words[3] ?? "", "hex"),
          ]),
        };
      case "TXT":
        return { data: text.match(new RegExp(`[^]{1,${MAX_STRING_OCTETS}}`, "g")) ?? [""] };
    }
  };
  return new Packet.Resource({ name, type: TYPES[type], class: Packet.CLASS.IN, ttl: TTL, ...data() });
}

/** The root, which dns2 writes for an empty name. */
const withoutDot = (name: string): string => name.replace(/\.$/, "");

/**
 * Record after record, without compression: dns2 walks over all it has written for each record, which for 1,000 takes half a second, and
 * compresses the target of an SRV record too, which RFC 2782 forbids and c-ares refuses.
 */
export function encoded(message: Packet): Packet {
  const toBuffer = (): Buffer => {
    const { header, questions } = message;
    const bare = Object.assign(new Packet(), { header, questions });
    const head: Buffer = Reflect.apply(Packet.prototype.toBuffer, bare, []);
    head.writeUInt16BE(message.answers.length, ANSWER_COUNT_AT);
    return Buffer.concat([head, ...message.answers.map((record) => Packet.Resource.encode(record))]);
  };
  return Object.assign(message, { toBuffer });
}

/** Octet of ANCOUNT in a header (RFC 1035 section 4.1.1). */
const ANSWER_COUNT_AT = 6;
