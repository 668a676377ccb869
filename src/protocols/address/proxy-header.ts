/** The header that a proxy sends before a connection's own bytes: the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt). */
import { isAddress } from "./network.ts";

export type ProxyHeader =
  /** More bytes are needed to tell. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "invalid" }
  /** `address` is null when the proxy speaks for itself, such as in a health check, or knows none. */
  | { readonly kind: "header"; readonly lengthBytes: number; readonly address: string | null };

/** Version 1: one line, of at most so many bytes with its CRLF (section 2.1). */
const MAX_LINE_BYTES = 107;
const LINE_START = Buffer.from("PROXY ");
/** Version 2 (section 2.2). */
const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const FIXED_BYTES = 16;
/** Addresses of IPv6 take 36 bytes; the rest is for TLVs, which are skipped. */
const MAX_ADDRESS_BYTES = 2048;

/** What `bytes`, the first of a connection, say. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAs(bytes, SIGNATURE)) return readBinary(bytes);
  if (startsAs(bytes, LINE_START)) return readLine(bytes);
  return { kind: "invalid" };
}

/** True when one is the beginning of the other. */
function startsAs(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_LINE_BYTES).indexOf("\r\n");
  if (end === -1) return { kind: bytes.length < MAX_LINE_BYTES ? "incomplete" : "invalid" };
  const [, family, source = ""] = bytes.toString("latin1", 0, end).split(" ");
  const lengthBytes = end + 2;
  if (family === "UNKNOWN") return { kind: "header", lengthBytes, address: null };
  if ((family !== "TCP4" && family !== "TCP6") || !isAddress(source)) return { kind: "invalid" };
  return { kind: "header", lengthBytes, address: source };
}

function readBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < FIXED_BYTES) return { kind: "incomplete" };
  const [version, command] = [bytes.readUInt8(12) >> 4, bytes.readUInt8(12) & 0xf];
  const family = bytes.readUInt8(13) >> 4;
  const addressBytes = bytes.readUInt16BE(14);
  if (version !== 2 || command > 1 || addressBytes > MAX_ADDRESS_BYTES) return { kind: "invalid" };
  const lengthBytes = FIXED_BYTES + addressBytes;
  if (bytes.length < lengthBytes) return { kind: "incomplete" };
  const addresses = bytes.subarray(FIXED_BYTES, lengthBytes);
  // Command 0 is LOCAL; families other than IPv4 and IPv6 have no address that limits could be counted by.
  if (command === 0 || family === 0 || family > 2) return { kind: "header", lengthBytes, address: null };
  if (addressBytes < (family === 1 ? 12 : 36)) return { kind: "invalid" };
  return { kind: "header", lengthBytes, address: family === 1 ? ipv4(addresses) : ipv6(addresses) };
}

const ipv4 = (bytes: Buffer): string => [...bytes.subarray(0, 4)].join(".");

const ipv6 = (bytes: Buffer): string =>
  Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16)).join(":");
