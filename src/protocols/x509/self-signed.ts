/** A self-signed certificate (RFC 5280) for STARTTLS: encrypts, and proves nothing about who answers. */

export interface Certificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** Days it is valid: longer than any process runs, because it is made when a process starts and never renewed. */
const VALID_DAYS = 3650;
const DAY_MS = 86_400_000;
/** Characters of a common name (RFC 5280 appendix A.1); the whole host name is in subjectAltName. */
const MAX_COMMON_NAME = 64;
/** GeneralName's tag of a dNSName (RFC 5280 section 4.2.1.6). */
const DNS_NAME = 2;

/**
 * A new P-256 key and its certificate for one host name; about 20 ms.
 * @param now it is valid from a day before, for peers whose clock is slow
 */
export async function makeSelfSigned(hostname: string, now: Date): Promise<Certificate> {
  // Loading it takes 100 ms, which processes without SMTP and those with the operator's certificate need not wait for.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: hostname.slice(0, MAX_COMMON_NAME) }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(now.getTime() - DAY_MS),
    notAfterDate: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    extensions: [{ name: "subjectAltName", altNames: [{ type: DNS_NAME, value: hostname }] }],
  });
  return { key: made.private, cert: made.cert };
}
