/** Trace fields (RFC 5321 section 4.4): Received, and on final delivery Return-Path. */

/** What a Received field says. */
export interface Hop {
  /** The argument of EHLO or HELO, unchecked. */
  readonly clientName: string;
  readonly clientAddress: string;
  readonly hostname: string;
  /** Choose the protocol name of the with clause (RFC 3848, RFC 6531 section 4.3). */
  readonly extended: boolean;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  readonly international: boolean;
  readonly id: string;
  /** Forward-paths as written. The for clause names one only if it is alone: several would disclose Bcc recipients (RFC 5321 section 7.2). */
  readonly recipients: readonly string[];
  readonly at: Date;
}

export interface Trace extends Omit<Hop, "authenticated"> {
  /** The reverse-path of MAIL FROM, as written; empty for the null reverse-path. */
  readonly returnPath: string;
}

/** Octets of a domain (RFC 5321 section 4.5.3.1.2). */
const MAX_CLIENT_NAME = 255;

/** HELO is untrusted text: only characters of a host name or address literal are kept. */
const safeName = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9.:[\]_-]/g, "").slice(0, MAX_CLIENT_NAME) || "unknown";

/** True when the address needs no quoting or encoding in a header field. */
const isPlainAddress = (address: string): boolean => /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@[\]:-]+$/.test(address);

function protocolOf({ extended, encrypted, authenticated, international }: Hop): string {
  const base = international ? "UTF8SMTP" : extended ? "ESMTP" : "SMTP";
  return `${base}${encrypted ? "S" : ""}${authenticated ? "A" : ""}`;
}

/** The field with its CRLF; folded to stay within the line length of RFC 5322. */
export function receivedField(hop: Hop): string {
  const literal = hop.clientAddress.includes(":") ? `IPv6:${hop.clientAddress}` : hop.clientAddress;
  const [recipient, ...others] = hop.recipients;
  const isNamed = recipient !== undefined && others.length === 0 && isPlainAddress(recipient);
  return [
    `Received: from ${safeName(hop.clientName)} ([${literal}])`,
    `\tby ${hop.hostname} with ${protocolOf(hop)} id ${hop.id}${isNamed ? "" : ";"}`,
    ...(isNamed ? [`\tfor <${recipient}>;`] : []),
    `\t${hop.at.toUTCString().replace("GMT", "+0000")}`,
    "",
  ].join("\r\n");
}

/** Those of final delivery: both fields, each line with its CRLF. */
export const traceFields = (trace: Trace): string =>
  `Return-Path: <${trace.returnPath}>\r\n${receivedField({ ...trace, authenticated: false })}`;
