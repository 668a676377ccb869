/** The receiver: recipients resolved, mail prepared, groups committed. See ./receiver.ts for its guarantees. */
import pLimit from "p-limit";
import type { Clock } from "../../../lib/clock.ts";
import { Memory } from "../../../lib/memory.ts";
import { canonicalAddress, splitSubaddress } from "../../../protocols/address/index.ts";
import { countHops, type MimeCodec } from "../../../protocols/mime/index.ts";
import type { Database } from "../../../storage/db.ts";
import { findInboxTargets, type InboxTarget, systemScope } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import { insertEvaluations } from "../../guardrails/evaluations/index.ts";
import { arrivalFrom, failedRuling, unavailable } from "../../guardrails/rules/index.ts";
import {
  INGEST_LOCK_TIMEOUT_MS,
  LARGE_MAIL_BYTES,
  MAX_HOPS,
  MAX_INGEST_GROUP,
  MAX_INGEST_GROUP_BYTES,
  MAX_INGEST_LOCK_WAIT_MS,
  MAX_LARGE_MAILS,
} from "../../limits.ts";
import { createAdmission } from "./admit.ts";
import { type Arrival, prepareArrival } from "./arrival.ts";
import { type Commits, createCommits } from "./commits.ts";
import { createGrouping, type Grouping } from "./grouping.ts";
import { type Ingested, ingest } from "./ingest.ts";
import type { Postmaster } from "./postmaster.ts";
import type { Received, Receiver, Recipient } from "./receiver.ts";
import { arrivalTrail, RulesFailed, transientOf } from "./rulings.ts";

export interface ReceiverParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Host name in Message-IDs made here. */
  readonly mailHost: string;
  readonly mimeCodec: MimeCodec;
  /** Where compiled rules are remembered; a memory of its own when absent. */
  readonly memory?: Memory;
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
  memory = new Memory(),
  ...parts
}: ReceiverParts): Receiver {
  const commits = createCommits({
    store: (arrivals, onLocked) => {
      const now = clock.now();
      return database.transaction(
        systemScope,
        (tx) => ingest(tx, systemScope, arrivals, onLocked, { newId, now, mailHost, memory }),
        // Run again it finds what it has stored.
        { lockMs: INGEST_LOCK_TIMEOUT_MS, isRepeatable: true },
      );
    },
    clock,
    lockWaitMs: parts.lockWaitMs ?? MAX_INGEST_LOCK_WAIT_MS,
    maxGroupBytes: parts.maxGroupBytes ?? MAX_INGEST_GROUP_BYTES,
  });
  const lookUps = lookUpsIn(database);
  const largeMails = pLimit(MAX_LARGE_MAILS);
  const commit = (arrival: Arrival, how: Commits["inGroup"]): Promise<Ingested> =>
    how(arrival).catch((error: unknown) => leaveTrailOf(error, arrival, { database, newId, clock }));
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
      const ingested = await (mail.raw.byteLength <= LARGE_MAIL_BYTES
        ? commit(await prepare(), commits.inGroup)
        : // In no group: writing it takes a hundred times as long, and the senders of the others would wait for that.
          largeMails(async () => commit(await prepare(), commits.alone)));
      return receivedBy([...inboxes.keys()], ingested, mail.sent !== undefined);
    },
    admit: createAdmission({ database, scope: systemScope, memory, clock, newId }),
  };
}

/** Inboxes by canonical address, those that are asked for together in one statement. */
function lookUpsIn(database: Database): Grouping<string, InboxTarget | null> {
  return createGrouping<string, InboxTarget | null>(
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
}

/** What is refused because the rules could not be asked leaves its rows all the same. @throws what is to be answered */
async function leaveTrailOf(
  error: unknown,
  arrival: Arrival,
  { database, newId, clock }: Pick<ReceiverParts, "database" | "newId" | "clock">,
): Promise<never> {
  if (!(error instanceof RulesFailed)) throw error;
  const ruled = arrival.mail.recipients.filter(({ inbox }) => inbox.guardrails.ruleIds.length > 0);
  const ruling = failedRuling(arrivalFrom(arrival.sender), error.cause);
  const trail = { newId, now: clock.now() };
  const rows = ruled.flatMap(({ inbox }) => arrivalTrail({ arrival, inbox }, ruling, null, trail));
  await database.transaction(systemScope, (tx) => insertEvaluations(tx, systemScope, rows));
  throw unavailable(error.cause);
}

/** @throws Failure that refuses the mail for all of its inboxes, whose sender has one answer for them all */
function receivedBy(
  inboxIds: readonly string[],
  { living, refused }: Ingested,
  isSentHere: boolean,
): Received {
  const stored = new Set(inboxIds.filter((id) => living.has(id) && !refused.has(id)));
  const [refusal] = refused.values();
  const transient = transientOf(refused);
  if (transient !== null) throw transient;
  if (refusal !== undefined && stored.size === 0 && !isSentHere) throw refusal;
  return { stored, refused };
}

function checkHops(raw: Uint8Array): void {
  if (countHops(raw) <= MAX_HOPS) return;
  throw fail("message.looping", {
    message: `Message rejected: it has more than ${MAX_HOPS} Received fields (mail loop)`,
    hint: "Correct the forwarding rule that sends it back.",
  });
}
