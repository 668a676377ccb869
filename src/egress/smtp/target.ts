/** A host at one of its addresses, and what must hold before mail is handed to it. */
import type { Demand } from "./dane.ts";

/**
 * `opportunistic`: TLS where the host offers it, whatever its certificate; without where it does not, or where TLS fails.
 * `verified`: STARTTLS, with a certificate of the host's name that a trusted authority signed, or nothing is handed over.
 * `implicit`: the same, from the first octet (RFC 8314).
 * `dane`: STARTTLS, with what `dane` of the target demands instead of an authority.
 */
export type Security = "opportunistic" | "verified" | "implicit" | "dane";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface Target {
  /** The name that a certificate must bear. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly security: Security;
  /** Null: nothing. */
  readonly dane: Demand | null;
  /** Null: the host asks for none. */
  readonly credentials: Credentials | null;
  /** The operator's smarthost, which takes the mail of every domain. */
  readonly isSmarthost: boolean;
}

/** Targets with the same text may share a connection. */
export const keyOf = ({ host, address, port, security, dane, credentials }: Target): string =>
  [host, address, port, security, credentials?.user ?? "", ...demandKey(dane)].join(" ");

const demandKey = (dane: Demand | null): string[] =>
  dane === null
    ? []
    : [...dane.names, ...dane.records.map((one) => `${one.usage}${one.data.toString("base64")}`)];
