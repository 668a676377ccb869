/**
 * The one reader of events of a process: whatever the number of sockets, one query follows the table and tells of each event once. A
 * notice only wakes it. See docs/decisions/0047-live-events.md.
 */
import type { Database, Tx } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import type { Warn } from "../../door/failures.ts";
import {
  FEED_LOADED_AT_ONCE,
  FEED_LOOK_MS,
  FEED_PAGE_EVENTS,
  FEED_READER_SECONDS,
  FEED_RESTORED_ROWS,
} from "../limits.ts";
import { type EventRow, findEventMessage, loadEvent, type StoredEvent } from "../webhooks/index.ts";
import type { FeedEvent } from "./event.ts";
import { unseenOf } from "./snapshot.ts";
import { announceReader, currentSnapshot, readEvents, settleRestored, withdrawReader } from "./store.ts";

/** Who is told of events. */
export interface FeedListener {
  /** Whether anybody listens to the event; others are not loaded. */
  readonly isWanted: (event: FeedEvent) => boolean;
  /** In the order in which they became visible, each once, and the next when it resolves. Must not reject. */
  readonly tell: (event: FeedEvent, stored: StoredEvent) => Promise<void>;
  /** A look is over: all that was visible when it began was told. */
  readonly looked: () => void;
}

export interface EventFeed {
  /** Begins to follow the table. Every event that is committed after it resolves is told. Again it does nothing. */
  begin(listener: FeedListener): Promise<void>;
  /** An event with what its payload is built from; null when it is gone. */
  load(event: EventRow): Promise<StoredEvent>;
  /** Nobody listens any more: nothing is read until it begins again. */
  end(): Promise<void>;
}

export interface FeedParts {
  readonly database: Database;
  readonly warn: Warn;
  readonly newId: () => string;
  /** Has `wake` called when events were committed; resolves with what ends that. */
  readonly listen: (wake: () => void) => Promise<() => Promise<void>>;
}

export function createEventFeed(parts: FeedParts): EventFeed {
  let running: Promise<Running> | null = null;
  return {
    async begin(listener) {
      running ??= follow(parts, listener);
      const own = running;
      await own.catch((error: unknown) => {
        if (running === own) running = null;
        throw error;
      });
    },
    load: (event) => loadStored(parts.database, event),
    async end() {
      const own = running;
      running = null;
      await (await own?.catch(() => null))?.stop();
    },
  };
}

/** An event of any tenant, with what its payload is built from: who is given it is for the caller to judge. */
export const loadStored = (database: Database, event: EventRow): Promise<StoredEvent> =>
  database.transaction(systemScope, async (tx) =>
    loadEvent(tx, systemScope, event, await findEventMessage(tx, systemScope, event)),
  );

interface Running {
  stop(): Promise<void>;
}

/** Starts the loop; resolves when what is committed from then on will be read. */
async function follow(parts: FeedParts, listener: FeedListener): Promise<Running> {
  const { database, warn } = parts;
  const id = parts.newId();
  const asSystem = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> =>
    database.transaction(systemScope, work, { isRepeatable: true });
  const announce = (): Promise<void> =>
    asSystem((tx) => announceReader(tx, systemScope, id, FEED_READER_SECONDS));
  while (
    (await asSystem((tx) => settleRestored(tx, systemScope, FEED_RESTORED_ROWS))) === FEED_RESTORED_ROWS
  );
  await announce();
  const look = createLook(parts, listener, await asSystem((tx) => currentSnapshot(tx, systemScope)));
  let looking: Promise<void> | null = null;
  let again = false;
  let ended = false;
  const wake = (): void => {
    again = true;
    looking ??= (async () => {
      while (again && !ended) {
        again = false;
        await look();
      }
    })()
      // Where it stopped it goes on, at the next look.
      .catch((error: unknown) => warn("reading events failed; it is repeated", error))
      .finally(() => {
        looking = null;
      });
  };
  const stopListening = await parts.listen(wake);
  const looks = setInterval(wake, FEED_LOOK_MS);
  const announcements = setInterval(
    () => {
      announce().catch((error: unknown) => warn("announcing a reader of events failed", error));
    },
    (FEED_READER_SECONDS * 1000) / 3,
  );
  return {
    async stop() {
      ended = true;
      clearInterval(looks);
      clearInterval(announcements);
      await stopListening();
      await looking;
      await asSystem((tx) => withdrawReader(tx, systemScope, id)).catch((error: unknown) =>
        warn("withdrawing a reader of events failed", error),
      );
    },
  };
}

/** @param from snapshot whose events are known @returns reads what became visible since the last look, and tells of it */
function createLook({ database }: FeedParts, listener: FeedListener, from: string): () => Promise<void> {
  let seen = unseenOf(from);
  // Of a look that is not over: its snapshot, the last event read, and what is still to be told.
  let until: string | null = null;
  let after: Pick<FeedEvent, "tx" | "id"> | null = null;
  let untold: FeedEvent[] = [];
  const tellAll = async (): Promise<void> => {
    while (untold.length > 0) {
      const piece = untold.slice(0, FEED_LOADED_AT_ONCE);
      const stored = await Promise.all(piece.map((event) => loadStored(database, event)));
      for (const [index, event] of piece.entries()) {
        const one = stored[index];
        if (one !== undefined) await listener.tell(event, one);
      }
      untold = untold.slice(piece.length);
    }
  };
  return async () => {
    await tellAll();
    for (;;) {
      const page = await database.readOnce(systemScope, (tx) =>
        readEvents(tx, systemScope, { seen, until, after, limit: FEED_PAGE_EVENTS }),
      );
      until = page.snapshot;
      after = page.last;
      untold = page.events.filter((event) => listener.isWanted(event));
      await tellAll();
      if (page.isWhole) break;
    }
    seen = unseenOf(until);
    until = null;
    after = null;
    listener.looked();
  };
}
