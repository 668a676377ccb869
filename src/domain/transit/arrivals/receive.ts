/** The receiver: recipients resolved, mail prepared, groups committed. See ./receiver.ts for its guarantees. */
import pLimit from "p-limit";
import type { Clock } from "../../../lib/clock.ts";
import { createGrouping, type Grouping } from "../../../lib/grouping.ts";
import { type LoopTurns, LoopTurnsFull } from "../../../lib/loop-turns.ts";
import { Memory } from "../../../lib/memory.ts";
import { canonicalAddress, splitSubaddress } from "../../../protocols/address/index.ts";
import type { MimeCodec } from "../../../protocols/mime/index.ts";
import type { Database } from "../../../storage/db.ts";
import { findRecipients, systemScope } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import type { LimitsInForce } from "../../door/mail-limits.ts";
import { insertRefused } from "../../guardrails/evaluations/index.ts";
import { arrivalFrom, askAhead, failedRuling, unavailable } from "../../guardrails/rules/index.ts";
import { LARGE_MAIL_BYTES, MAX_INGEST_GROUP, MAX_LARGE_MAILS } from "../../limits.ts";
import { findClosed } from "../../tenancy/domains/index.ts";
import { createAdmission } from "./admit.ts";
import { type Arrival, prepareArrival } from "./arrival.ts";
import { contentRefusals, createCapCheck, limitsFinder } from "./caps.ts";
import { type Commits, createCommits, tenantOf } from "./commits.ts";
import { checkHops } from "./hops.ts";
import { type Ingested, ingest } from "./ingest.ts";
import { type JudgeMail, judged } from "./judge.ts";
import { MAX_INGEST_GROUP_BYTES, MAX_INGEST_LOCK_WAIT_MS } from "./limits.ts";
import { hasPieces, inPieces } from "./pieces.ts";
import type { Postmaster } from "./postmaster.ts";
import type { IncomingMail, Received, Receiver, Recipient } from "./receiver.ts";
import { type Refusals, transientOf } from "./refusals.ts";
import { arrivalTrail, RulesFailed } from "./rulings.ts";

export interface ReceiverParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Host name in Message-IDs made here. */
  readonly mailHost: string;
  /** The installation's own domain, which tenants share; absent: there is none. */
  readonly ownDomain?: string;
  readonly mimeCodec: MimeCodec;
  readonly limitsInForce: LimitsInForce;
  /** Where compiled rules are remembered; a memory of its own when absent. */
  readonly memory?: Memory;
  /** Of the event loop, by tenant. */
  readonly turns: LoopTurns;
  /** Who gets mail to the postmaster of a domain that has no such inbox; absent: nobody does. */
  readonly postmaster?: Postmaster;
  /** Judges mail from outside; absent: none is. */
  readonly judge?: JudgeMail;
  /** Milliseconds that a mail is tried for while its rows are locked; MAX_INGEST_LOCK_WAIT_MS when absent. */
  readonly lockWaitMs?: number;
  /** Bytes of mail committed together; MAX_INGEST_GROUP_BYTES when absent. */
  readonly maxGroupBytes?: number;
  /** Large mails read or committed at once; MAX_LARGE_MAILS when absent. */
  readonly largeMails?: number;
}

export function createReceiver({ memory = new Memory(), ...rest }: ReceiverParts): Receiver {
  const parts = { ...rest, memory, scope: systemScope };
  const { mailHost, mimeCodec, turns } = parts;
  const commits = commitsOf(parts);
  const lookUps = lookUpsOn(parts);
  const find = (address: string, sender: string): Promise<Found | null> => lookUps.add({ address, sender });
  const largeMails = pLimit(parts.largeMails ?? MAX_LARGE_MAILS);
  const limited = limitsFinder(parts);
  const checkCaps = createCapCheck(parts);
  const askRules = createAdmission(parts);
  const commitWhole = (arrival: Arrival): Promise<Ingested> => {
    // A large one in no group: writing it takes a hundred times as long, and the senders of the others would wait for that.
    if (arrival.mail.raw.byteLength > LARGE_MAIL_BYTES) return commits.alone(arrival);
    const isParted = hasPieces(arrival) && turns.hasOthers(tenantOf(arrival.mail));
    return isParted ? inPieces(arrival, commits.inGroup) : commits.inGroup(arrival);
  };
  const commit = (arrival: Arrival): Promise<Ingested> =>
    commitWhole(arrival).catch((error: unknown) => leaveTrailOf(error, arrival, parts));
  const store = async (mail: IncomingMail): Promise<Received> => {
    const arrival = await prepareArrival(mail, mailHost, mimeCodec);
    const refused = contentRefusals(arrival);
    const [refusal] = refused.values();
    if (refusal === undefined) return receivedBy(mail, await commit(arrival));
    if (mail.sent === undefined) throw refusal;
    const others = without(mail, refused);
    if (others.recipients.length === 0) return { stored: new Set(), refused };
    const received = receivedBy(others, await commit({ ...arrival, mail: others }));
    return { stored: received.stored, refused: new Map([...refused, ...received.refused]) };
  };
  return {
    async resolve(address, envelopeFrom = ""): Promise<Recipient | null> {
      const canonical = canonicalAddress(address);
      const found =
        (await find(canonical, envelopeFrom)) ??
        (await parts.postmaster?.(canonical, (own) => find(own, envelopeFrom))) ??
        null;
      return found === null ? null : { ...found, ...(await limited(found.inbox)), address };
    },
    async admit(recipient, { envelopeFrom, sizeBytes }) {
      await checkCaps(recipient, sizeBytes);
      return askRules(recipient, envelopeFrom);
    },
    async receive(mail) {
      checkHops(mail.raw);
      const inboxes = new Map(mail.recipients.map((recipient) => [recipient.inbox.id, recipient]));
      // Before its turn, and in no place of a large mail: it waits for name servers.
      const distinct = await judged({ ...mail, recipients: [...inboxes.values()] }, mailHost, parts.judge);
      return inTurn(turns, tenantOf(mail), () =>
        mail.raw.byteLength <= LARGE_MAIL_BYTES ? store(distinct) : largeMails(() => store(distinct)),
      );
    },
  };
}

/** While the tenant is alone at once: in turns groups would be smaller, for nobody's sake. And as a part of work that has its turn: mail that was sent here is delivered many at once. */
async function inTurn<Result>(
  turns: LoopTurns,
  tenant: string,
  store: () => Promise<Result>,
): Promise<Result> {
  try {
    const isInTurn = turns.current() !== undefined || !turns.hasOthers(tenant);
    return await (isInTurn ? store() : turns.during(tenant, store));
  } catch (error) {
    if (!(error instanceof LoopTurnsFull)) throw error;
    throw fail("service.unavailable", {
      message: "Too many mails at once",
      hint: "Try again in a few seconds.",
      logDetail: "as many mails of the same tenant wait as may",
    });
  }
}

function commitsOf(parts: ReceiverParts & { readonly memory: Memory }): Commits {
  const { database, clock, newId, mailHost, memory } = parts;
  return createCommits({
    store: (arrivals, onLocked, lockMs) => {
      const now = clock.now();
      return database.transaction(
        systemScope,
        (tx) => ingest(tx, systemScope, arrivals, onLocked, { newId, now, mailHost, memory }),
        // Run again it finds what it has stored.
        { lockMs, isRepeatable: true, looksUpKeys: true },
      );
    },
    clock,
    turns: parts.turns,
    lockWaitMs: parts.lockWaitMs ?? MAX_INGEST_LOCK_WAIT_MS,
    maxGroupBytes: parts.maxGroupBytes ?? MAX_INGEST_GROUP_BYTES,
  });
}

/** Names under which an inbox gets the mail to an address: the first that one has. The last is its domain's catch-all. */
const namesOf = (address: string): readonly string[] => [
  address,
  splitSubaddress(address).base,
  `*@${domainOf(address)}`,
];

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/** A canonical address, and who writes to it; empty when that is not known or nobody. */
interface Wanted {
  readonly address: string;
  readonly sender: string;
}

type Found = Pick<Recipient, "inbox" | "name" | "ahead">;

/** Inboxes by their addresses, those that are asked for together in one round trip. */
const lookUpsOn = ({
  database,
  clock,
  memory,
  ownDomain = "",
}: ReceiverParts & { readonly memory: Memory }): Grouping<Wanted, Found | null> =>
  createGrouping(
    async (wanted) => {
      const asked = wanted.map(({ address, sender }) => ({ addresses: namesOf(address), sender }));
      const names = [...new Set(asked.flatMap(({ addresses }) => addresses))];
      // The installation's own is nobody's to close.
      const domains = [...new Set(wanted.map(({ address }) => domainOf(address)))].filter(
        (domain) => domain !== ownDomain,
      );
      const now = clock.now();
      const [found, isClosed, ahead] = await database.readOnce(systemScope, (tx) =>
        Promise.all([
          findRecipients(tx, systemScope, names, ownDomain),
          findClosed(tx, systemScope, domains),
          // Lists that cannot be asked are asked again, and then refuse for themselves.
          askAhead(tx, systemScope, memory, asked, now).catch((): undefined[] => []),
        ]),
      );
      return asked.map(({ addresses }, index) => {
        const name = addresses.find((one) => found.has(one));
        const inbox = name === undefined ? undefined : found.get(name);
        if (name === undefined || inbox === undefined) return null;
        return isClosed(domainOf(name), inbox) ? null : { inbox, name, ahead: ahead[index] };
      });
    },
    // Whose an address is, is what the look-up finds.
    {
      maxRows: MAX_INGEST_GROUP,
      maxBytes: MAX_INGEST_GROUP_BYTES,
      sizeOf: ({ address, sender }) => ({ rows: 1, bytes: address.length + sender.length }),
      tenantOf: () => "",
    },
  );

/** What is refused because the rules could not be asked leaves its rows all the same. @throws what is to be answered */
async function leaveTrailOf(
  error: unknown,
  arrival: Arrival,
  { database, newId, clock }: Pick<ReceiverParts, "database" | "newId" | "clock">,
): Promise<never> {
  if (!(error instanceof RulesFailed)) throw error;
  const ruled = arrival.mail.recipients.filter(({ inbox }) => inbox.guardrails.hasRules);
  const ruling = failedRuling(arrivalFrom(arrival.sender), error.cause);
  const trail = { newId, now: clock.now() };
  const rows = ruled.flatMap(({ inbox, atRcpt }) =>
    arrivalTrail({ arrival, inbox, atRcpt }, ruling, null, trail),
  );
  await database.transaction(systemScope, (tx) => insertRefused(tx, systemScope, rows));
  throw unavailable(error.cause);
}

/** The mail without the inboxes that refuse it, and without their copies, which are not to be settled as delivered. */
function without(mail: IncomingMail, refused: Refusals): IncomingMail {
  const recipients = mail.recipients.filter(({ inbox }) => !refused.has(inbox.id));
  const { sent } = mail;
  if (sent === undefined) return { ...mail, recipients };
  const copies = sent.copies.filter(({ inboxId }) => !refused.has(inboxId));
  return { ...mail, recipients, sent: { ...sent, copies } };
}

/** @throws Failure that refuses the mail for all of its inboxes, whose sender has one answer for them all */
function receivedBy({ recipients, sent }: IncomingMail, { living, refused }: Ingested): Received {
  const ids = recipients.map(({ inbox }) => inbox.id);
  const stored = new Set(ids.filter((id) => living.has(id) && !refused.has(id)));
  const transient = transientOf(refused);
  if (transient !== null) throw transient;
  const [refusal] = refused.values();
  if (refusal !== undefined && stored.size === 0 && sent === undefined) throw refusal;
  return { stored, refused };
}
