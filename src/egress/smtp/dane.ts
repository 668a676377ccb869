/**
 * DANE (RFC 7672): whether a host must be spoken to under TLS, and by which records it is known. Only what a validating name server vouches for
 * counts, from the MX records on: else a forger would name a host of his own.
 */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { mismatchOf, readTlsa, type Tlsa } from "../../protocols/smtp/tlsa.ts";
import type { ValidatedAnswer, ValidatedLookUp } from "../dns/validated-look-up.ts";
import type { Finding } from "./outcome.ts";

/** What a host must show. */
export interface Demand {
  /** Empty: TLS, with whatever certificate, as none of its records can be used (RFC 7672 section 2.2). */
  readonly records: readonly Tlsa[];
  /** Of which the certificate bears one where its authority is named: of the host, or of the recipient's domain. */
  readonly names: readonly string[];
}

/** `none`: the host is as any. A finding: it could not be found out, and the mail waits, since to send it would be what a forger wants. */
export type Dane =
  | { readonly kind: "none" }
  | { readonly kind: "demand"; readonly demand: Demand }
  | { readonly kind: "finding"; readonly finding: Finding };

const NONE: Dane = { kind: "none" };

export interface DaneQuestion {
  /** Of the recipients, in A-labels, or an address. */
  readonly domain: string;
  /** One of its MX hosts. An alias is looked for under its own name alone. */
  readonly host: string;
  readonly port: number;
  readonly tenant: string;
}

/** In the order of RFC 7672 section 2.2: a zone that is not signed is asked for no TLSA records, as some of their servers fail at it. */
export async function daneOf(
  ask: ValidatedLookUp,
  { domain, host, port, tenant }: DaneQuestion,
): Promise<Dane> {
  if (isIP(domain) !== 0 || isIP(host) !== 0) return NONE;
  const mx = await ask({ name: domain, type: "MX", tenant });
  if (mx.kind !== "secure") return unlessFailed(mx, `the MX records of ${domain}`);
  const addresses = await addressesOf(ask, host, tenant);
  if (addresses.kind !== "secure") return unlessFailed(addresses, `the addresses of ${host}`);
  const tlsa = await ask({ name: `_${port}._tcp.${host}`, type: "TLSA", tenant });
  if (tlsa.kind !== "secure") return unlessFailed(tlsa, `the TLSA records of ${host}`);
  if (tlsa.records.length === 0) return NONE;
  const records = tlsa.records.map(readTlsa).filter((record) => record !== null);
  return { kind: "demand", demand: { records, names: [host, domain] } };
}

async function addressesOf(ask: ValidatedLookUp, host: string, tenant: string): Promise<ValidatedAnswer> {
  const v4 = await ask({ name: host, type: "A", tenant });
  return v4.kind === "secure" && v4.records.length === 0 ? ask({ name: host, type: "AAAA", tenant }) : v4;
}

const unlessFailed = (answer: Exclude<ValidatedAnswer, { kind: "secure" }>, what: string): Dane =>
  answer.kind === "insecure"
    ? NONE
    : {
        kind: "finding",
        finding: {
          kind: "deferred",
          // IANA's registry of enhanced codes: X.7.5 is a failure of what protects the mail.
          enhancedCode: "4.7.5",
          why: `${what} could not be validated: ${answer.why}`,
          fault: "network",
        },
      };

/** Certificates that are looked at: none that mail hosts show has more than four. */
const MAX_CHAIN = 10;

/** @returns null where the host shows what is demanded; or why not */
export function refusalOf(socket: TLSSocket, { records, names }: Demand, now: Date): string | null {
  return records.length === 0 ? null : mismatchOf(records, chainOf(socket), names, now);
}

function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new X509Certificate(next.raw));
    // The last one, signed by itself, names itself.
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return chain;
}
