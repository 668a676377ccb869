/**
 * A DNS message (RFC 1035 section 4), as far as it takes to ask a validating server and to see whether it vouches for its answer, which the AD bit
 * tells (RFC 4035 section 3.2.3) and no resolver of Node's shows.
 */

/** Types that are asked for. */
export const recordCodes = { A: 1, MX: 15, AAAA: 28, TLSA: 52 } as const;
export type CheckedType = keyof typeof recordCodes;

export interface DnsQuestion {
  /** Between 0 and 65,535. */
  readonly id: number;
  /** In A-labels and lower case, without the last dot; empty: the root. */
  readonly name: string;
  readonly type: CheckedType;
}

export interface DnsReply {
  /** To be asked for again over TCP. */
  readonly isTruncated: boolean;
  /** RFC 1035 section 4.1.1: 0 no error, 2 failed, 3 there is no such name. */
  readonly code: number;
  /** The server has validated it (AD). */
  readonly isValidated: boolean;
  /** Data of the records of the type that was asked for, behind whatever aliases. */
  readonly records: readonly Buffer[];
}

const HEADER = 12;
/** Recursion is desired, and AD says that its state is understood (RFC 6840 section 5.7). */
const ASKS = 0x0120;
const IS_REPLY = 0x8000;
const IS_TRUNCATED = 0x0200;
const IS_VALIDATED = 0x0020;
const CODE = 0x000f;
const IN = 1;
const OPT = 41;
/** Octets of a reply over UDP: what passes everywhere in one piece (RFC 9715). */
const UDP_OCTETS = 1232;
/** The two upper bits of a length: a pointer to a name that stands elsewhere, two octets long (section 4.1.4). */
const POINTER = 0xc0;

/** @throws for a label of more than 63 octets */
export function encodeQuestion(question: DnsQuestion): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(question.id, 0);
  header.writeUInt16BE(ASKS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(1, 10);
  const options = Buffer.alloc(11);
  options.writeUInt16BE(OPT, 1);
  options.writeUInt16BE(UDP_OCTETS, 3);
  return Buffer.concat([header, encodedQuestion(question), options]);
}

function encodedQuestion({ name, type }: DnsQuestion): Buffer {
  const labels = (name === "" ? [] : name.split(".")).map((label) => {
    const octets = Buffer.from(label, "latin1");
    if (octets.length === 0 || octets.length > 63) throw new Error(`${name} is no domain name`);
    return Buffer.concat([Buffer.from([octets.length]), octets]);
  });
  const end = Buffer.alloc(5);
  end.writeUInt16BE(recordCodes[type], 1);
  end.writeUInt16BE(IN, 3);
  return Buffer.concat([...labels, end]);
}

/** @returns null for what is no reply to that question, or no DNS message. A reply that was truncated has no records. */
export function decodeReply(message: Buffer, question: DnsQuestion): DnsReply | null {
  const asked = encodedQuestion(question);
  const from = HEADER + asked.length;
  if (message.length < from) return null;
  const flags = message.readUInt16BE(2);
  const isOfIt = message.readUInt16BE(0) === question.id && (flags & IS_REPLY) !== 0;
  // Servers may answer in the case that they were asked in, or in their own.
  const echoed = message.toString("latin1", HEADER, from).toLowerCase();
  if (!isOfIt || message.readUInt16BE(4) !== 1 || echoed !== asked.toString("latin1").toLowerCase())
    return null;
  const isTruncated = (flags & IS_TRUNCATED) !== 0;
  const records = isTruncated ? [] : recordsIn(message, from, recordCodes[question.type]);
  if (records === null) return null;
  return { isTruncated, code: flags & CODE, isValidated: (flags & IS_VALIDATED) !== 0, records };
}

/** @returns null where a record ends behind the message */
function recordsIn(message: Buffer, from: number, type: number): Buffer[] | null {
  const records: Buffer[] = [];
  let at: number | null = from;
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    at = behindName(message, at);
    if (at === null || at + 10 > message.length) return null;
    const end: number = at + 10 + message.readUInt16BE(at + 8);
    if (end > message.length) return null;
    if (message.readUInt16BE(at) === type && message.readUInt16BE(at + 2) === IN)
      records.push(message.subarray(at + 10, end));
    at = end;
  }
  return records;
}

/** Names of owners are not read: the server vouches for the answer as a whole, its aliases among it. */
function behindName(message: Buffer, from: number): number | null {
  let at = from;
  while (at < message.length) {
    const length = message.readUInt8(at);
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2;
    if (length > 63) return null;
    at += 1 + length;
  }
  return null;
}
