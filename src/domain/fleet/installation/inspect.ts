import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { examineRootKey, type RootKeyState } from "./root-key.ts";
import { examineSeal, type SealState } from "./seal-check.ts";
import type { SecretSource } from "./secret-source.ts";
import { findClockLead, readInstallation } from "./store.ts";

export interface Inspection {
  readonly seal: SealState;
  readonly rootKey: RootKeyState;
  /** As of a start. */
  readonly clockLeadMs: number;
}

/** What a start would find; makes and changes nothing. */
export async function inspectInstallation(parts: {
  readonly database: Database;
  readonly sealKey: Pick<SecretSource, "read">;
  readonly rootKey: Pick<SecretSource, "read">;
  /** When it is now, by this machine's clock. */
  readonly now: () => Date;
}): Promise<Inspection> {
  const [sealKey, rootKey] = [await parts.sealKey.read(), await parts.rootKey.read()];
  return parts.database.transaction(systemScope, async (tx) => {
    const clockLeadMs = await findClockLead(tx, systemScope, parts.now());
    const installation = await readInstallation(tx, systemScope);
    return {
      clockLeadMs,
      seal: await examineSeal(tx, systemScope, installation, sealKey),
      rootKey: await examineRootKey(tx, systemScope, installation, rootKey),
    };
  });
}
