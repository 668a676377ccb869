/** Records for libraries that ask as `dns.promises.resolve` is asked, bounded in number and time. */
import type { LookUp, RecordType } from "../../protocols/dns/look-up.ts";

export interface NodeResolverParts {
  readonly lookUp: LookUp;
  /** Whose share of the look-ups it takes. */
  readonly tenant: string;
  /** Look-ups in all; those beyond reject with ETIMEOUT. */
  readonly maxLookUps: number;
  /** Aborted, what is under way or asked later rejects with ETIMEOUT. */
  readonly signal: AbortSignal;
}

const TYPES: readonly RecordType[] = ["A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TLSA", "TXT"];

const coded = (code: string, message = code): Error => Object.assign(new Error(message), { code });

/** @returns what resolves to the records, and rejects with ENOTFOUND, ENODATA, ESERVFAIL or ETIMEOUT as `code` */
export function nodeResolver(parts: NodeResolverParts): (name: string, type: string) => Promise<never[]> {
  const { lookUp, tenant, maxLookUps, signal } = parts;
  const timeout = Promise.withResolvers<never>();
  timeout.promise.catch(() => undefined);
  const end = (): void => timeout.reject(coded("ETIMEOUT"));
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  let asked = 0;
  return async (name, type) => {
    const known = TYPES.find((one) => one === type.toUpperCase());
    if (known === undefined) throw coded("ENODATA", `records of type ${type} are not looked up`);
    asked++;
    if (asked > maxLookUps) throw coded("ETIMEOUT", `more than ${maxLookUps} look-ups`);
    const answer = await Promise.race([lookUp({ name, type: known, tenant }), timeout.promise]);
    if (answer.kind === "failed") throw coded("ESERVFAIL", answer.why);
    if (answer.kind === "absent") throw coded(answer.nameExists ? "ENODATA" : "ENOTFOUND");
    // Cast: who asks for a type knows its records. Copied, as one that is kept may be asked for again, and libraries sort in place.
    return [...answer.records] as never[];
  };
}
