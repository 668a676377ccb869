/** The receiver: recipients resolved, mail prepared, groups committed. See ./receiver.ts for what it promises. */
import type { Clock } from "../../lib/clock.ts";
import { splitSubaddress } from "../../protocols/address/index.ts";
import type { Database } from "../../storage/db.ts";
import { findInboxTarget, systemScope } from "../access/index.ts";
import { MAX_INGEST_GROUP } from "../limits.ts";
import { type Arrival, prepareArrival } from "./arrival.ts";
import { createGroupCommit } from "./group-commit.ts";
import { ingest } from "./ingest.ts";
import type { Receiver, Recipient } from "./receiver.ts";

export interface ReceiverParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Host name in Message-IDs that we make for mail without one. */
  readonly mailHost: string;
}

export function createReceiver({ database, clock, newId, mailHost }: ReceiverParts): Receiver {
  const group = createGroupCommit<Arrival>(
    (arrivals) =>
      database.transaction(systemScope, (tx) =>
        ingest(tx, systemScope, arrivals, { newId, now: clock.now() }),
      ),
    MAX_INGEST_GROUP,
  );
  const find = async (address: string) =>
    database.lookUp(systemScope, (tx) => findInboxTarget(tx, systemScope, address));
  return {
    async resolve(address): Promise<Recipient | null> {
      const lower = address.toLowerCase();
      const { base } = splitSubaddress(lower);
      const inbox = (await find(lower)) ?? (base === lower ? null : await find(base));
      return inbox === null ? null : { inbox, address };
    },
    async receive(mail) {
      const inboxes = new Map(mail.recipients.map((recipient) => [recipient.inbox.id, recipient]));
      await group.add(await prepareArrival({ ...mail, recipients: [...inboxes.values()] }, mailHost));
    },
  };
}
