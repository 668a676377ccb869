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

/** Names that an inbox of the pod wants to send under; `own` is the installation's. */
export interface AskedNames {
  readonly podId: string;
  readonly names: readonly string[];
  readonly own: string;
}

/**
 * Those of the names that may be sent under, the installation's own among them, each with the keys that sign for
 * it, RSA first: some verifiers look at the first signature alone. A statement for those who ask the same.
 */
export async function findSendingDomains(
  tx: Tx,
  scope: AnyScope,
  asked: readonly AskedNames[],
): Promise<readonly (readonly SendingDomain[])[]> {
  const found = new Map<string, Promise<readonly SendingDomain[]>>();
  for (const one of asked) {
    const key = JSON.stringify([one.podId, one.own, one.names]);
    if (!found.has(key)) found.set(key, findOf(tx, scope, one));
  }
  return Promise.all(
    asked.map(({ podId, own, names }) => found.get(JSON.stringify([podId, own, names])) ?? []),
  );
}

async function findOf(tx: Tx, scope: AnyScope, { podId, names, own }: AskedNames): Promise<SendingDomain[]> {
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
