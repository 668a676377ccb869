/**
 * What a policy would have made of mail that is here already: by the functions that hold mail on its way to it, in the order of the
 * messages' own times, with counts that begin with the trial and are nobody's.
 */
import { parseReceivedAddress } from "../../../protocols/address/index.ts";
import type { Context } from "../../door/context.ts";
import { attempt, type Failure } from "../../door/failures.ts";
import { type LimitName, limitNames, type MailLimits } from "../../door/mail-limits.ts";
import type { Text } from "../../door/text.ts";
import { refusalOfArrival } from "./arrival-counts.ts";
import { dayOf } from "./arrival-store.ts";
import {
  type AttachedFile,
  checkAttachments,
  checkRecipientCount,
  checkSize,
  refusalOfContent,
} from "./check-content.ts";
import { expiryOf } from "./expiry.ts";
import { limitReached, storageReached } from "./refusals.ts";
import {
  findTriedExpired,
  findTriedFiles,
  findWrittenTo,
  type SendCounts,
  sumBytesBefore,
  type TriedFile,
  type TriedIn,
  trySendRow,
} from "./trial-store.ts";

/** A stored message, as far as policies look at it. */
export interface TriedMail {
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly timestamp: Date;
  readonly size: number;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
}

/** What one inbox has used up so far in a trial. */
export interface TrialCounts {
  /** Days since 1970-01-01 UTC, as `received` is counted. */
  readonly day: number;
  readonly received: number;
  readonly storedBytes: number;
  readonly sends: SendCounts;
}

/** What a policy would have done to a message. */
export interface PolicyVerdict {
  readonly action: "refuse" | "delete";
  readonly limit: LimitName | "attachmentTypes";
  /** One sentence. */
  readonly why: Text;
}

interface Tried {
  readonly verdicts: ReadonlyMap<string, PolicyVerdict>;
  readonly counts: TrialCounts;
}

const windows = [
  "sentPerMinute",
  "sentPerFiveMinutes",
  "sentPerHour",
  "sentPerDay",
  "sentPerThirtyDays",
] as const satisfies readonly LimitName[];

/**
 * Holds messages of one inbox against limits, the oldest first. @param counts those after the messages before; null: these are the
 * inbox's first. @returns by the message's row id what would have been done to it; nothing for one that would be there
 */
export async function tryPolicy(
  context: Context,
  limits: MailLimits,
  inbox: TriedIn,
  messages: readonly TriedMail[],
  { since, counts: before }: { readonly since: Date; readonly counts: TrialCounts | null },
): Promise<Tried> {
  const { tx, scope, now } = context;
  const expiry = expiryOf(limits, now);
  const ids = messages.map(({ id }) => id);
  const [files, expired, addedOf] = await Promise.all([
    findTriedFiles(tx, scope, inbox.podId, ids),
    expiry === null ? new Map<string, LimitName>() : findTriedExpired(tx, scope, inbox.podId, ids, expiry),
    newRecipients(context, limits, inbox, messages),
  ]);
  let counts = before ?? (await firstCounts(context, limits, inbox, since));
  const verdicts = new Map<string, PolicyVerdict>();
  for (const message of messages) {
    const mail = { message, files: filesOf(files.get(message.id)), added: addedOf(message) };
    const next = await hold(context, limits, mail, counts);
    counts = next.counts;
    const limit = expired.get(message.id);
    if (next.refusal !== null) verdicts.set(message.id, refused(next.refusal));
    else if (limit !== undefined) verdicts.set(message.id, deleted(limit, limits[limit]));
  }
  return { verdicts, counts };
}

async function firstCounts(
  { tx, scope }: Context,
  limits: MailLimits,
  inbox: TriedIn,
  since: Date,
): Promise<TrialCounts> {
  const isBounded = Number.isFinite(limits.storageBytes);
  const storedBytes = isBounded ? await sumBytesBefore(tx, scope, inbox, since) : 0;
  return { day: 0, received: 0, storedBytes, sends: null };
}

const filesOf = (files: readonly TriedFile[] = []): AttachedFile[] =>
  files.map(({ contentType, bytes }) => ({ contentType, content: { byteLength: bytes } }));

interface HeldMail {
  readonly message: TriedMail;
  readonly files: readonly AttachedFile[];
  /** Recipients that the inbox had not written to before. */
  readonly added: number;
}

interface Held {
  readonly refusal: Failure | null;
  readonly counts: TrialCounts;
}

const hold = (
  context: Context,
  limits: MailLimits,
  mail: HeldMail,
  counts: TrialCounts,
): Promise<Held> | Held =>
  mail.message.direction === "inbound"
    ? holdArrival(limits, mail, counts)
    : holdSend(context, limits, mail, counts);

function holdArrival(limits: MailLimits, { message, files }: HeldMail, counts: TrialCounts): Held {
  const { size: bytes, timestamp } = message;
  // As where mail is counted: days only move forward.
  const day = Math.max(counts.day, dayOf(timestamp));
  const today = { ...counts, day, received: day === counts.day ? counts.received : 0 };
  const refusal =
    refusalOfContent(limits, { bytes, attachments: files }) ?? refusalOfArrival(limits, today, bytes);
  if (refusal !== null) return { refusal, counts: today };
  const stored = { received: today.received + 1, storedBytes: today.storedBytes + bytes };
  return { refusal, counts: { ...today, ...stored } };
}

async function holdSend(
  context: Context,
  limits: MailLimits,
  { message, files, added }: HeldMail,
  counts: TrialCounts,
): Promise<Held> {
  const { size: bytes, timestamp: at } = message;
  const content = attempt(() => {
    checkRecipientCount(limits, recipientsOf(message));
    checkAttachments(limits, files);
    checkSize(limits, bytes);
    return null;
  });
  if (content !== null) return { refusal: content, counts };
  const isCapped = [...windows, "newRecipientsPerDay" as const].some((name) => Number.isFinite(limits[name]));
  const sent = isCapped
    ? await trySendRow(context.tx, context.scope, limits, counts.sends, { at, added })
    : { counts: null, exceeded: null };
  if (sent.exceeded !== null) {
    const { name, ...usage } = sent.exceeded;
    return { refusal: limitReached(name, limits[name], usage), counts: { ...counts, sends: sent.counts } };
  }
  const storedBytes = counts.storedBytes + bytes;
  // What its storage refuses is not counted as sent, as it is rolled back.
  if (storedBytes > limits.storageBytes)
    return { refusal: storageReached(limits.storageBytes, counts.storedBytes), counts };
  return { refusal: null, counts: { ...counts, storedBytes, sends: sent.counts } };
}

const recipientsOf = ({ to, cc, bcc }: TriedMail): string[] =>
  [...to, ...cc, ...bcc].map((text) => parseReceivedAddress(text)?.address ?? text);

/** How many recipients of each message the inbox had not written to. One counts in the first message to it, though that be refused. */
async function newRecipients(
  { tx, scope }: Context,
  limits: MailLimits,
  inbox: TriedIn,
  messages: readonly TriedMail[],
): Promise<(message: TriedMail) => number> {
  const sent = messages.filter(({ direction }) => direction === "outbound");
  const [first] = sent;
  if (first === undefined || !Number.isFinite(limits.newRecipientsPerDay)) return () => 0;
  const named = (message: TriedMail) => new Set(recipientsOf(message).map((one) => one.toLowerCase()));
  const all = [...new Set(sent.flatMap((message) => [...named(message)]))];
  const known = new Set(await findWrittenTo(tx, scope, inbox, first, all));
  const added = new Map<string, number>();
  for (const message of sent) {
    const fresh = [...named(message)].filter((one) => !known.has(one));
    for (const one of fresh) known.add(one);
    added.set(message.id, fresh.length);
  }
  return ({ id }) => added.get(id) ?? 0;
}

function refused(failure: Failure): PolicyVerdict {
  const { message: why, limit } = failure.details;
  const name = limitNames.find((one) => one === limit?.resource);
  // The two that name no number of theirs.
  const other = failure.code === "attachment.refused" ? "attachmentTypes" : "recipientsPerMessage";
  return { action: "refuse", limit: name ?? other, why };
}

const deleted = (limit: LimitName, days: number): PolicyVerdict => ({
  action: "delete",
  limit,
  why: `${limit === "spamRetentionDays" ? "Junk and trash are" : "Mail is"} deleted after ${days} ${days === 1 ? "day" : "days"}`,
});
