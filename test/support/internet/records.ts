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

/** dns2 compresses the target of an SRV record too, which RFC 2782 forbids and c-ares refuses; it does not with a writer whose table of names is none. */
export function withoutCompression(message: Packet): Packet {
  const toBuffer = (): Buffer => {
    const writer = Object.assign(new Packet.Writer(), { names: "none" });
    return Reflect.apply(Packet.prototype.toBuffer, message, [writer]);
  };
  return Object.assign(message, { toBuffer });
}
