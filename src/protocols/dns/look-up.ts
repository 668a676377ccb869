/** What is asked of a name server, and what it can answer: the words between those who ask and what asks over the network. */
import type { MxRecord, SrvRecord, TlsaRecord } from "node:dns";

/** Records of each type, as node:dns gives them. The strings of one TXT record are not joined (RFC 7208 section 3.3 joins them). */
export interface RecordsByType {
  readonly A: readonly string[];
  readonly AAAA: readonly string[];
  readonly CNAME: readonly string[];
  readonly MX: readonly MxRecord[];
  readonly PTR: readonly string[];
  readonly SRV: readonly SrvRecord[];
  readonly TLSA: readonly TlsaRecord[];
  readonly TXT: readonly (readonly string[])[];
}

export type RecordType = keyof RecordsByType;

export interface Question<Type extends RecordType> {
  /** In A-labels; a last dot is ignored. A name is complete: no search list is applied. */
  readonly name: string;
  readonly type: Type;
  /** Whose share of the look-ups it takes: id of the pod. */
  readonly tenant: string;
  /** Milliseconds: no older answer is taken from those kept. 0 asks anew, for who has just changed a record. Absent: any answer that is kept. */
  readonly maxAgeMs?: number;
}

/**
 * `absent` is an answer: the name does not exist (NXDOMAIN), or exists without records of that type. `failed` is none: no server
 * answered in time, or one refused, failed (SERVFAIL), lied or looped. What depends on a failed look-up is to be tried again.
 */
export type Answer<Type extends RecordType> =
  | { readonly kind: "found"; readonly records: RecordsByType[Type] }
  | { readonly kind: "absent"; readonly nameExists: boolean }
  | { readonly kind: "failed"; readonly why: string };

/** Asks for the records of a name, through its aliases (CNAME). Never rejects. */
export type LookUp = <Type extends RecordType>(question: Question<Type>) => Promise<Answer<Type>>;
