/** Wakes workers for pods that have something due: at a notice of the database, and by looking. */
import { DUE_CHANNEL, type DueKind, dueKinds, readDueNotice } from "../domain/door/due.ts";
import type { Warn } from "../domain/door/failures.ts";
import type { Engine } from "../storage/engines/engine.ts";
import { listen } from "../storage/listen.ts";

/** Of one kind of rows. */
export interface DueWorker {
  readonly wake: (podId: string) => void;
  /** Pods that have something due now (UUID). */
  readonly find: () => Promise<readonly string[]>;
}

/** Milliseconds between looks: how late a retry is, and whatever was due while notices were lost. */
const LOOK_MS = 1000;

/** @returns what ends it, once a look that is under way is over */
export async function watchDue(
  engine: Engine,
  workers: Readonly<Partial<Record<DueKind, DueWorker>>>,
  warn: Warn,
): Promise<() => Promise<void>> {
  const lookFor = async ({ find, wake }: DueWorker): Promise<void> => {
    for (const podId of await find()) wake(podId);
  };
  let looking: Promise<void> | null = null;
  const look = (): void => {
    // A look takes long when the database does: the next one would only wait behind it.
    looking ??= Promise.all(dueKinds.flatMap((kind) => workers[kind] ?? []).map(lookFor))
      .then(
        () => undefined,
        (error: unknown) => warn("looking for what is due failed; it is repeated", error),
      )
      .finally(() => {
        looking = null;
      });
  };
  const stopListening = await listen(engine, {
    channel: DUE_CHANNEL,
    applicationName: "rookery_due",
    onNotice(payload) {
      const notice = readDueNotice(payload);
      if (notice !== null) workers[notice.kind]?.wake(notice.podId);
    },
    // What was due before is found at once when notices begin, and begin again.
    onState: (connected) => connected && look(),
  });
  const timer = setInterval(look, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await stopListening();
    await looking;
  };
}
