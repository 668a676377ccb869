import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { examineRootKey, type RootKeyState } from "./root-key.ts";
import { examineSeal, type SealState } from "./seal-check.ts";
import type { SecretSource } from "./secret-source.ts";
import { readInstallation } from "./store.ts";

export interface Inspection {
  readonly seal: SealState;
  readonly rootKey: RootKeyState;
}

/** What a start would find; makes and changes nothing. */
export async function inspectInstallation(parts: {
  readonly database: Database;
  readonly sealKey: Pick<SecretSource, "read">;
  readonly rootKey: Pick<SecretSource, "read">;
}): Promise<Inspection> {
  const [sealKey, rootKey] = [await parts.sealKey.read(), await parts.rootKey.read()];
  return parts.database.transaction(systemScope, async (tx) => {
    const installation = await readInstallation(tx, systemScope);
    return {
      seal: await examineSeal(tx, systemScope, installation, sealKey),
      rootKey: await examineRootKey(tx, systemScope, installation, rootKey),
    };
  });
}
