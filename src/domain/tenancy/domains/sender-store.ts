/** SQL of domains that mail is sent under, with the keys that sign it. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { RecordCheck } from "./checks.ts";
import type { DkimAlgorithm } from "./dkim-key.ts";
import { readAlgorithm } from "./key-store.ts";

export interface SendingDomain {
  readonly id: string;
  readonly domain: string;
  readonly status: string;
  readonly subdomainsEnabled: boolean;
  readonly checks: readonly RecordCheck[];
  readonly keys: readonly {
    readonly selector: string;
    readonly algorithm: DkimAlgorithm;
    readonly privateKeySealed: Buffer;
  }[];
}

interface Row {
  readonly id: string;
  readonly domain: string;
  readonly status: string;
  readonly subdomains_enabled: boolean;
  readonly checks: readonly RecordCheck[];
  readonly selector: string | null;
  readonly algorithm: string | null;
  readonly private_key_sealed: Buffer | null;
}

/**
 * Those of the names that an inbox of the pod may send under, the installation's own (`own`) among them, each with the keys that sign for
 * it, RSA first: some verifiers look at the first signature alone.
 */
export async function findSendingDomains(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  names: readonly string[],
  own: string,
): Promise<SendingDomain[]> {
  const { rows } = await sql<Row>`
    select id, domain, status, subdomains_enabled, checks, selector, algorithm, private_key_sealed
    from rookery_sending_domains(${podId}::uuid, ${[...names]}::text[], ${own})
    order by length(domain) desc, status = 'VERIFIED' desc, id, algorithm desc`.execute(tx.within(scope));
  return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap(([first, ...rest]) =>
    first === undefined
      ? []
      : [
          {
            id: first.id,
            domain: first.domain,
            status: first.status,
            subdomainsEnabled: first.subdomains_enabled,
            checks: first.checks,
            keys: [first, ...rest].flatMap(keyOf),
          },
        ],
  );
}

const keyOf = ({ selector, algorithm, private_key_sealed: privateKeySealed }: Row) =>
  selector === null || algorithm === null || privateKeySealed === null
    ? []
    : [{ selector, algorithm: readAlgorithm(algorithm), privateKeySealed }];
