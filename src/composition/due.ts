/** Wakes workers for pods that have something due: at a notice of the database, and by looking. */
import { DUE_CHANNEL, type DueKind, readDueNotice } from "../domain/door/due.ts";
import type { Warn } from "../domain/door/failures.ts";
import type { Engine } from "../storage/engines/engine.ts";
import { listen } from "../storage/listen.ts";

export interface DueParts {
  /** Told of each pod that a notice names. */
  readonly wake: Readonly<Record<DueKind, (podId: string) => void>>;
  /** Finds what is due now, and wakes. */
  readonly look: () => Promise<void>;
  readonly warn: Warn;
}

/** Milliseconds between looks: how late a retry is, and whatever was due while notices were lost. */
const LOOK_MS = 1000;

/** @returns what ends it, once a look that is under way is over */
export async function watchDue(engine: Engine, { wake, look, warn }: DueParts): Promise<() => Promise<void>> {
  let looking: Promise<void> | null = null;
  const lookOnce = (): void => {
    // A look takes long when the database does: the next one would only wait behind it.
    looking ??= look()
      .catch((error: unknown) => warn("looking for what is due failed; it is repeated", error))
      .finally(() => {
        looking = null;
      });
  };
  const stopListening = await listen(engine, {
    channel: DUE_CHANNEL,
    applicationName: "rookery_due",
    onNotice(payload) {
      const notice = readDueNotice(payload);
      if (notice !== null) wake[notice.kind](notice.podId);
    },
    // What was due before is found at once when notices begin, and begin again.
    onState: (connected) => connected && lookOnce(),
  });
  const timer = setInterval(lookOnce, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await stopListening();
    await looking;
  };
}
