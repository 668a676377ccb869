/** The receiver: recipients resolved, mail prepared, groups committed. See ./receiver.ts for its guarantees. */
import pLimit from "p-limit";
import type { Clock } from "../../../lib/clock.ts";
import { canonicalAddress, splitSubaddress } from "../../../protocols/address/index.ts";
import { countHops, type MimeCodec } from "../../../protocols/mime/index.ts";
import type { Database } from "../../../storage/db.ts";
import { findInboxTargets, type InboxTarget, systemScope } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import type { LimitsInForce } from "../../door/mail-limits.ts";
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
import { contentRefusals, createCapCheck, limitsFinder, noRefusals, type Refusals } from "./caps.ts";
import { type Commits, createCommits } from "./commits.ts";
import { createGrouping, type Grouping } from "./grouping.ts";
import { type Ingested, ingest } from "./ingest.ts";
import type { Postmaster } from "./postmaster.ts";
import type { IncomingMail, Received, Receiver, Recipient } from "./receiver.ts";

export interface ReceiverParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Host name in Message-IDs made here. */
  readonly mailHost: string;
  readonly mimeCodec: MimeCodec;
  readonly limitsInForce: LimitsInForce;
  /** Who gets mail to the postmaster of a domain that has no such inbox; absent: nobody does. */
  readonly postmaster?: Postmaster;
  /** Milliseconds that a mail is tried for while its rows are locked; MAX_INGEST_LOCK_WAIT_MS when absent. */
  readonly lockWaitMs?: number;
  /** Bytes of mail committed together; MAX_INGEST_GROUP_BYTES when absent. */
  readonly maxGroupBytes?: number;
}

export function createReceiver(parts: ReceiverParts): Receiver {
  const { database, clock, mailHost, mimeCodec, limitsInForce } = parts;
  const commits = commitsOf(parts);
  const lookUps = lookUpsOn(database);
  const largeMails = pLimit(MAX_LARGE_MAILS);
  const capParts = { database, scope: systemScope, clock, limitsInForce };
  const limited = limitsFinder(capParts);
  const commit = (arrival: Arrival): Promise<Ingested> =>
    // A large one in no group: writing it takes a hundred times as long, and the senders of the others would wait for that.
    arrival.mail.raw.byteLength <= LARGE_MAIL_BYTES ? commits.inGroup(arrival) : commits.alone(arrival);
  const store = async (mail: IncomingMail): Promise<Received> => {
    const arrival = await prepareArrival(mail, mailHost, mimeCodec);
    const refused = contentRefusals(arrival);
    const [refusal] = refused.values();
    if (refusal === undefined) return storedOf(mail, await commit(arrival));
    if (mail.sent === undefined) throw refusal;
    const others = without(mail, refused);
    if (others.recipients.length === 0) return { stored: new Set(), refused };
    return { ...storedOf(others, await commit({ ...arrival, mail: others })), refused };
  };
  return {
    async resolve(address): Promise<Recipient | null> {
      const canonical = canonicalAddress(address);
      const inbox =
        (await lookUps.add(canonical)) ?? (await parts.postmaster?.(canonical, lookUps.add)) ?? null;
      return inbox === null ? null : { ...(await limited(inbox)), address };
    },
    admit: createCapCheck(capParts),
    async receive(mail) {
      checkHops(mail.raw);
      const inboxes = new Map(mail.recipients.map((recipient) => [recipient.inbox.id, recipient]));
      const distinct = { ...mail, recipients: [...inboxes.values()] };
      return mail.raw.byteLength <= LARGE_MAIL_BYTES ? store(distinct) : largeMails(() => store(distinct));
    },
  };
}

function commitsOf({ database, clock, newId, mailHost, ...parts }: ReceiverParts): Commits {
  return createCommits({
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
}

const lookUpsOn = (database: Database): Grouping<string, InboxTarget | null> =>
  createGrouping(
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

/** The mail without the inboxes that refuse it, and without their copies, which are not to be settled as delivered. */
function without(mail: IncomingMail, refused: Refusals): IncomingMail {
  const recipients = mail.recipients.filter(({ inbox }) => !refused.has(inbox.id));
  const { sent } = mail;
  if (sent === undefined) return { ...mail, recipients };
  const copies = sent.copies.filter(({ inboxId }) => !refused.has(inboxId));
  return { ...mail, recipients, sent: { ...sent, copies } };
}

/** @throws the refusal of what was to be stored in all of its inboxes or none */
function storedOf({ recipients }: IncomingMail, { living, refused }: Ingested): Received {
  for (const failure of refused.values()) throw failure;
  const ids = recipients.map(({ inbox }) => inbox.id);
  return { stored: new Set(ids.filter((id) => living.has(id))), refused: noRefusals };
}

function checkHops(raw: Uint8Array): void {
  if (countHops(raw) <= MAX_HOPS) return;
  throw fail("message.looping", {
    message: `Message rejected: it has more than ${MAX_HOPS} Received fields (mail loop)`,
    hint: "Correct the forwarding rule that sends it back.",
  });
}
