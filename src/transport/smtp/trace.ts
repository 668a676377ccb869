/** The Received header of a mail that came in (RFC 5321 section 4.4). */

export interface Trace {
  /** What the client called itself, as it said it. */
  readonly clientName: string;
  readonly clientAddress: string;
  readonly hostname: string;
  readonly encrypted: boolean;
  readonly extended: boolean;
  readonly id: string;
  readonly at: Date;
}

/** A client may say anything at all in HELO: only what a host name or address literal is made of is repeated. */
const safeName = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9.:[\]_-]/g, "").slice(0, 255) || "unknown";

/** With its CRLF. */
export function traceHeader(trace: Trace): string {
  const protocol = `${trace.extended ? "ESMTP" : "SMTP"}${trace.encrypted ? "S" : ""}`;
  const date = trace.at.toUTCString().replace("GMT", "+0000");
  return `Received: from ${safeName(trace.clientName)} ([${trace.clientAddress}])\r\n\tby ${trace.hostname} with ${protocol} id ${trace.id};\r\n\t${date}\r\n`;
}
