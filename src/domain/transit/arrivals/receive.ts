/** The receiver: recipients resolved, mail prepared, groups committed. See ./receiver.ts for its guarantees. */
import pLimit from "p-limit";
import type { Clock } from "../../../lib/clock.ts";
import { canonicalAddress, splitSubaddress } from "../../../protocols/address/index.ts";
import { countHops, type MimeCodec } from "../../../protocols/mime/index.ts";
import type { Database } from "../../../storage/db.ts";
import { findInboxTargets, type InboxTarget, systemScope } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import {
  INGEST_LOCK_TIMEOUT_MS,
  LARGE_MAIL_BYTES,
  MAX_HOPS,
  MAX_INGEST_GROUP,
  MAX_INGEST_GROUP_BYTES,
  MAX_INGEST_LOCK_WAIT_MS,
  MAX_LARGE_MAILS,
} from "../../limits.ts";
import { type Arrival, prepareArrival } from "./arrival.ts";
import { createCommits } from "./commits.ts";
import { createGrouping } from "./grouping.ts";
import { ingest } from "./ingest.ts";
import type { Postmaster } from "./postmaster.ts";
import type { Receiver, Recipient } from "./receiver.ts";

export interface ReceiverParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Host name in Message-IDs made here. */
  readonly mailHost: string;
  readonly mimeCodec: MimeCodec;
  /** Who gets mail to the postmaster of a domain that has no such inbox; absent: nobody does. */
  readonly postmaster?: Postmaster;
  /** Milliseconds that a mail is tried for while its rows are locked; MAX_INGEST_LOCK_WAIT_MS when absent. */
  readonly lockWaitMs?: number;
  /** Bytes of mail committed together; MAX_INGEST_GROUP_BYTES when absent. */
  readonly maxGroupBytes?: number;
}

export function createReceiver({
  database,
  clock,
  newId,
  mailHost,
  mimeCodec,
  ...parts
}: ReceiverParts): Receiver {
  const commits = createCommits({
    store: (arrivals, onLocked) => {
      const now = clock.now();
      return database.transaction(
        systemScope,
        (tx) => ingest(tx, systemScope, arrivals, onLocked, { newId, now, mailHost }),
        // Run again it finds what it has stored.
        { lockMs: INGEST_LOCK_TIMEOUT_MS, isRepeatable: true },
      );
    },
    clock,
    lockWaitMs: parts.lockWaitMs ?? MAX_INGEST_LOCK_WAIT_MS,
    maxGroupBytes: parts.maxGroupBytes ?? MAX_INGEST_GROUP_BYTES,
  });
  const lookUps = createGrouping<string, InboxTarget | null>(
    async (addresses) => {
      const wanted = addresses.flatMap((address) => [address, splitSubaddress(address).base]);
      const found = await database.readOnce(systemScope, (tx) => findInboxTargets(tx, systemScope, wanted));
      return addresses.map(
        (address) => found.get(address) ?? found.get(splitSubaddress(address).base) ?? null,
      );
    },
    // Whose an address is, is what the look-up finds.
    {
      maxRows: MAX_INGEST_GROUP,
      maxBytes: MAX_INGEST_GROUP_BYTES,
      sizeOf: (address) => ({ rows: 1, bytes: address.length }),
      tenantOf: () => "",
    },
  );
  const largeMails = pLimit(MAX_LARGE_MAILS);
  return {
    async resolve(address): Promise<Recipient | null> {
      const canonical = canonicalAddress(address);
      const inbox =
        (await lookUps.add(canonical)) ?? (await parts.postmaster?.(canonical, lookUps.add)) ?? null;
      return inbox === null ? null : { inbox, address };
    },
    async receive(mail) {
      checkHops(mail.raw);
      const inboxes = new Map(mail.recipients.map((recipient) => [recipient.inbox.id, recipient]));
      const distinct = { ...mail, recipients: [...inboxes.values()] };
      const prepare = (): Promise<Arrival> => prepareArrival(distinct, mailHost, mimeCodec);
      const living = await (mail.raw.byteLength <= LARGE_MAIL_BYTES
        ? commits.inGroup(await prepare())
        : // In no group: writing it takes a hundred times as long, and the senders of the others would wait for that.
          largeMails(async () => commits.alone(await prepare())));
      return new Set([...inboxes.keys()].filter((id) => living.has(id)));
    },
  };
}

function checkHops(raw: Uint8Array): void {
  if (countHops(raw) <= MAX_HOPS) return;
  throw fail("message.looping", {
    message: `Message rejected: it has more than ${MAX_HOPS} Received fields (mail loop)`,
    hint: "Correct the forwarding rule that sends it back.",
  });
}
