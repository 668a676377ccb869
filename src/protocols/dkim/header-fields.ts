/** A mail's header as it is signed: fields in their order, and the body. */

export interface Field {
  /** Name in lower case, without white space at its end. */
  readonly key: string;
  /** Behind the colon, one character an octet (latin1), with its folding and without the last CRLF. */
  readonly value: string;
}

const END = Buffer.from("\r\n\r\n");

/** @param raw with CR LF line ends. Without an empty line all of it is header. */
export function splitHeader(raw: Buffer): { readonly fields: readonly Field[]; readonly body: Buffer } {
  const end = raw.indexOf(END);
  const header = raw.toString("latin1", 0, end === -1 ? raw.length : end);
  return {
    fields: header
      .split(/\r\n(?![\t ])/)
      .filter((line) => line.includes(":"))
      .map(fieldOf),
    body: end === -1 ? Buffer.alloc(0) : raw.subarray(end + END.length),
  };
}

function fieldOf(line: string): Field {
  const colon = line.indexOf(":");
  return { key: line.slice(0, colon).trimEnd().toLowerCase(), value: line.slice(colon + 1) };
}
