import type { Installation } from "../../door/context.ts";
import type { Domain } from "./domain.ts";
import { recordsOf, type VerificationRecord } from "./records.ts";

/** A domain with the records it needs. */
export interface DescribedDomain {
  readonly domain: Domain;
  readonly records: readonly VerificationRecord[];
}

export function describe(domain: Domain, installation: Installation): DescribedDomain {
  return { domain, records: recordsOf(domain, installation.mailHost) };
}
