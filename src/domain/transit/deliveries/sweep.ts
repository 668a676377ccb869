import type { Database } from "../../../storage/db.ts";
import { systemActor } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { operation } from "../../door/operation.ts";
import { SWEEP_BATCH } from "../../limits.ts";
import { sweepDeliveryRows } from "./store.ts";

/** Deletes what is left of copies of a pod's deleted messages. */
export async function sweepDeliveries(door: Door, database: Database, podId: string): Promise<void> {
  const actor = await systemActor(database, "sweep", { podId });
  if (actor === null) return;
  while ((await door.run(sweepOnce, actor, {}, { podId })) === SWEEP_BATCH);
}

const sweepOnce = operation({
  name: "delivery.sweep",
  needs: "system",
  on: "any",
  kind: "upkeep",
  isLong: true,
  run: ({ tx, scope }, { podId }: { readonly podId: string }): Promise<number> =>
    sweepDeliveryRows(tx, scope, podId, SWEEP_BATCH),
});
