/** The receiver: recipients resolved, mail prepared, groups committed. See ./receiver.ts for what it promises. */
import type { Clock } from "../../lib/clock.ts";
import { createTurns } from "../../lib/turns.ts";
import { splitSubaddress } from "../../protocols/address/index.ts";
import type { MailWork } from "../../protocols/mime/index.ts";
import type { Database } from "../../storage/db.ts";
import { findInboxTargets, type InboxTarget, systemScope } from "../access/index.ts";
import { LARGE_MAIL_BYTES, MAX_INGEST_GROUP, MAX_INGEST_GROUP_BYTES, MAX_LARGE_MAILS } from "../limits.ts";
import { type Arrival, prepareArrival } from "./arrival.ts";
import { createGrouping } from "./grouping.ts";
import { ingest } from "./ingest.ts";
import type { Receiver, Recipient } from "./receiver.ts";

export interface ReceiverParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Host name in Message-IDs that we make for mail without one. */
  readonly mailHost: string;
  readonly mailWork: MailWork;
}

export function createReceiver({ database, clock, newId, mailHost, mailWork }: ReceiverParts): Receiver {
  const bounds = { maxItems: MAX_INGEST_GROUP, maxBytes: MAX_INGEST_GROUP_BYTES };
  const commit = (arrivals: readonly Arrival[]): Promise<void> => {
    const now = clock.now();
    return database.transaction(systemScope, (tx) => ingest(tx, systemScope, arrivals, { newId, now }));
  };
  const commits = createGrouping<Arrival, void>(
    async (arrivals) => {
      await commit(arrivals);
      return arrivals.map(() => undefined);
    },
    { ...bounds, bytesOf: ({ raw }) => raw.byteLength },
  );
  const lookUps = createGrouping<string, InboxTarget | null>(
    async (addresses) => {
      const wanted = addresses.flatMap((address) => [address, splitSubaddress(address).base]);
      const found = await database.lookUp(systemScope, (tx) => findInboxTargets(tx, systemScope, wanted));
      return addresses.map(
        (address) => found.get(address) ?? found.get(splitSubaddress(address).base) ?? null,
      );
    },
    { ...bounds, bytesOf: (address) => address.length },
  );
  const largeMails = createTurns(MAX_LARGE_MAILS);
  return {
    async resolve(address): Promise<Recipient | null> {
      const inbox = await lookUps.add(address.toLowerCase());
      return inbox === null ? null : { inbox, address };
    },
    async receive(mail) {
      const inboxes = new Map(mail.recipients.map((recipient) => [recipient.inbox.id, recipient]));
      const distinct = { ...mail, recipients: [...inboxes.values()] };
      const prepare = (): Promise<Arrival> => prepareArrival(distinct, mailHost, mailWork);
      if (mail.raw.byteLength <= LARGE_MAIL_BYTES) return commits.add(await prepare());
      // In no group: writing it takes a hundred times as long, and its neighbours' senders would wait for that.
      await largeMails.run(async () => commit([await prepare()]));
    },
  };
}
