/** Goes on after the loss of the seal key: what the present one does not open gets something new that it does. */
import { createSealer, type Sealer } from "../../../lib/seal.ts";
import type { Database, Tx } from "../../../storage/db.ts";
import { insertAudit, type SystemScope, systemScope } from "../../door/access/index.ts";
import {
  isWebhookOpen,
  type Opens,
  renewWebhookSecret,
  sealedWebhooks,
} from "../../notify/webhooks/index.ts";
import { isDomainOpen, makeDkimKeys, renewDomainKeys, sealedDomains } from "../../tenancy/domains/index.ts";
import { examineSeal, opener, writeCanary } from "./seal-check.ts";
import type { SecretSource } from "./secret-source.ts";
import { lockInstallation, readInstallation } from "./store.ts";

/** Rows read at once: some 300 KB of sealed keys. */
const PAGE = 100;

/** What the present seal key does not open. */
export interface SealLoss {
  readonly webhooks: number;
  /** Of those, with headers of their own, which cannot be restored. */
  readonly webhooksWithHeaders: number;
  readonly domains: number;
  /** True when the database knows another seal key. */
  readonly canary: boolean;
}

/** Counts it. @param source its key is read and not made */
export async function findSealLoss(database: Database, source: SecretSource): Promise<SealLoss> {
  const key = await source.read();
  const opens = opener(key);
  const loss = { webhooks: 0, webhooksWithHeaders: 0, domains: 0 };
  for await (const row of lostWebhooks(database, opens)) {
    loss.webhooks++;
    if (row.headersSealed !== null) loss.webhooksWithHeaders++;
  }
  for await (const _row of lostDomains(database, opens)) loss.domains++;
  const seal = await database.transaction(systemScope, async (tx) =>
    examineSeal(tx, systemScope, await readInstallation(tx, systemScope), key),
  );
  return { ...loss, canary: seal.is === "wrong" || seal.is === "absent" };
}

export interface SealReset {
  readonly database: Database;
  readonly sealKey: SecretSource;
  readonly random: (bytes: number) => Uint8Array;
  readonly newId: () => string;
  readonly now: Date;
}

/**
 * Gives each lost webhook a new secret and each lost domain a new DKIM key, and makes the present seal key the database's. When it
 * is interrupted, the next run goes on. Nothing else may run on the database meanwhile.
 */
export async function resetSeal({ database, sealKey, random, newId, now }: SealReset): Promise<void> {
  const key = (await sealKey.read()) ?? (await sealKey.make()).secret;
  const opens = opener(key);
  const sealer: Sealer = createSealer(Buffer.from(key, "hex"));
  const change = (operation: string, row: Owned, act: (tx: Tx) => Promise<void>): Promise<void> =>
    database.transaction(systemScope, async (tx) => {
      await act(tx);
      await insertAudit(tx, systemScope, [{ ...auditOf(row), id: newId(), operation, at: now }]);
    });
  for await (const row of lostWebhooks(database, opens))
    await change("webhook.reseal", row, (tx) =>
      renewWebhookSecret(tx, systemScope, row.id, { sealer, random, now }),
    );
  for await (const row of lostDomains(database, opens)) {
    const keys = await makeDkimKeys({ sealer, random, now });
    await change("domain.reseal", row, (tx) => renewDomainKeys(tx, systemScope, row, keys, now));
  }
  await database.transaction(systemScope, async (tx) => {
    await lockInstallation(tx, systemScope);
    await writeCanary(tx, systemScope, key);
  });
}

interface Owned {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly inboxId?: string | null;
}

/** Changes at organization level are audited under the Default Pod, whose id is the organization's. */
const auditOf = ({ id, organizationId, podId, inboxId = null }: Owned) => ({
  organizationId,
  podId: podId ?? organizationId,
  inboxId,
  actor: "operator",
  keyId: null,
  target: id,
});

/** Every row of a list in pages of its ids. */
async function* pagesOf<Row extends { readonly id: string }>(
  database: Database,
  read: (tx: Tx, scope: SystemScope, after: string | null, most: number) => Promise<Row[]>,
): AsyncGenerator<Row> {
  for (let after: string | null = null; ; ) {
    const from = after;
    const rows: Row[] = await database.transaction(systemScope, (tx) => read(tx, systemScope, from, PAGE));
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}

async function* lostWebhooks(database: Database, opens: Opens) {
  for await (const row of pagesOf(database, sealedWebhooks)) if (!isWebhookOpen(row, opens)) yield row;
}

async function* lostDomains(database: Database, opens: Opens) {
  for await (const row of pagesOf(database, sealedDomains)) if (!isDomainOpen(row, opens)) yield row;
}
