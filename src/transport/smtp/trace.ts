/** What a mail that came in bears of its way here: Return-Path, for this is its end, and Received (RFC 5321 section 4.4). */

export interface Trace {
  /** MAIL FROM, as it was written; empty for the null reverse-path. */
  readonly returnPath: string;
  /** What the client called itself, as it said it. */
  readonly clientName: string;
  readonly clientAddress: string;
  readonly hostname: string;
  /** RFC 3848 and RFC 6531 section 4.3 name the protocol by these. */
  readonly extended: boolean;
  readonly encrypted: boolean;
  readonly international: boolean;
  readonly id: string;
  /** Recipients as they were written. Named only when there is one: the others are none of its business. */
  readonly recipients: readonly string[];
  readonly at: Date;
}

/** Octets of a domain (RFC 5321 section 4.5.3.1.2). */
const MAX_CLIENT_NAME = 255;

/** A client may say anything at all in HELO: only what a host name or address literal is made of is repeated. */
const safeName = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9.:[\]_-]/g, "").slice(0, MAX_CLIENT_NAME) || "unknown";

/** Of an address, only what needs no quoting nor encoding in a header is repeated. */
const isPlainAddress = (address: string): boolean => /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@[\]:-]+$/.test(address);

function protocolOf({ extended, encrypted, international }: Trace): string {
  const base = international ? "UTF8SMTP" : extended ? "ESMTP" : "SMTP";
  return encrypted ? `${base}S` : base;
}

/** Each with its CRLF; folded, so that no line is too long. */
export function traceFields(trace: Trace): string {
  const literal = trace.clientAddress.includes(":") ? `IPv6:${trace.clientAddress}` : trace.clientAddress;
  const [recipient, ...others] = trace.recipients;
  const isNamed = recipient !== undefined && others.length === 0 && isPlainAddress(recipient);
  return [
    `Return-Path: <${trace.returnPath}>`,
    `Received: from ${safeName(trace.clientName)} ([${literal}])`,
    `\tby ${trace.hostname} with ${protocolOf(trace)} id ${trace.id}${isNamed ? "" : ";"}`,
    ...(isNamed ? [`\tfor <${recipient}>;`] : []),
    `\t${trace.at.toUTCString().replace("GMT", "+0000")}`,
    "",
  ].join("\r\n");
}
