/** Certificates of the test internet: good ones, which an authority of its own signed, and each kind of bad one. */
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type GenerateResult, generate } from "selfsigned";

export type CertificateKind = "good" | "expired" | "self-signed" | "other-name";

export interface Authority {
  /** PEM. */
  readonly cert: string;
  /** A certificate for the host, or one that is not good for it. */
  issue(host: string, kind: CertificateKind): Promise<{ readonly key: string; readonly cert: string }>;
  /** Makes this process trust it. @returns what takes that back */
  trust(): () => void;
}

const DAY_MS = 86_400_000;
/** GeneralName's tag of a dNSName (RFC 5280 section 4.2.1.6). */
const DNS_NAME = 2;
const KEYS = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

export async function makeAuthority(): Promise<Authority> {
  const from = new Date(Date.now() - 30 * DAY_MS);
  const root: GenerateResult = await generate(
    [{ name: "commonName", value: "Authority of the test internet" }],
    {
      ...KEYS,
      notBeforeDate: from,
      notAfterDate: new Date(Date.now() + DAY_MS),
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, critical: true },
      ],
    },
  );
  return {
    cert: root.cert,
    async issue(host, kind) {
      const name = kind === "other-name" ? "other.test" : host;
      const made = await generate([{ name: "commonName", value: name }], {
        ...KEYS,
        notBeforeDate: from,
        notAfterDate: new Date(Date.now() + (kind === "expired" ? -DAY_MS : DAY_MS)),
        extensions: [{ name: "subjectAltName", altNames: [{ type: DNS_NAME, value: name }] }],
        ...(kind !== "self-signed" && { ca: { key: root.private, cert: root.cert } }),
      });
      return { key: made.private, cert: made.cert };
    },
    trust() {
      const before = getCACertificates("default");
      setDefaultCACertificates([...before, root.cert]);
      return () => setDefaultCACertificates(before);
    },
  };
}
