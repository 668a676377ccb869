/** Judges mail that arrives, a whole group of it at once. */
import type { Memory } from "../../../lib/memory.ts";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { type AskedAhead, rememberLists } from "./ask-ahead.ts";
import type { CompiledRules } from "./compile.ts";
import { evaluate, type Verdict } from "./evaluate.ts";
import { findFolders } from "./folders.ts";
import { foldersOf, knownOnArrivals, type Ruled, rulesOnArrivals } from "./in-force.ts";
import { askLists } from "./listed.ts";
import { applied, blockApplied, nothingApplied } from "./placement.ts";
import { failedRuling, type Ruling } from "./ruling.ts";
import { arrivalFrom, type Subject } from "./subject.ts";

/** What the rules of an inbox want for mail from a sender, before it is known which of their folders are there. */
export interface EarlyVerdict {
  readonly subject: Subject;
  readonly verdict: Verdict;
}

/** Mail for an inbox, by its sender. */
export interface ArrivalAsked {
  readonly inbox: Ruled;
  /** Null: the mail names none. */
  readonly sender: string | null;
  /** What was found at RCPT, when that was about this sender: then nothing is evaluated again. */
  readonly early?: EarlyVerdict | undefined;
}

/** Null: no rule is in force, so none was looked at. */
export type RulingOn = (asked: ArrivalAsked) => Ruling | null;

interface Judged {
  /** Of its ruling. */
  readonly key: Key;
  readonly inbox: Ruled;
  readonly early: EarlyVerdict;
}

/** Mails from one sender to one inbox have one ruling, but each that was judged at RCPT has its own. */
type Key = string | EarlyVerdict;
const keyOf = ({ inbox, sender, early }: ArrivalAsked): Key => early ?? `${inbox.id}\n${sender ?? ""}`;

/**
 * One statement when a rule names a value list, one when rules are not compiled yet, one when a folder is looked for, and none where
 * nothing is attached. @throws what the database does, when it cannot be asked
 */
export async function judgeArrivals(
  tx: Tx,
  scope: AnyScope,
  memory: Memory,
  asked: readonly ArrivalAsked[],
): Promise<RulingOn> {
  const distinct = new Map(asked.filter(isRuled).map((one) => [keyOf(one), one]));
  if (distinct.size === 0) return () => null;
  const rulings = new Map<Key, Ruling>();
  const judged: Judged[] = [];
  const open: ArrivalAsked[] = [];
  for (const [key, one] of distinct)
    if (one.early === undefined) open.push(one);
    else judged.push({ key, inbox: one.inbox, early: one.early });
  const { verdicts, failed } = await verdictsOn(tx, scope, memory, open, () => true);
  for (const [one, ruling] of failed) rulings.set(keyOf(one), ruling);
  for (const [one, early] of verdicts) judged.push({ key: keyOf(one), inbox: one.inbox, early });
  const isFolderOf = await findFolders(
    tx,
    scope,
    judged.map(({ inbox, early: { verdict } }) => ({ inbox: foldersOf(inbox), verdict })),
  );
  for (const { key, inbox, early } of judged)
    rulings.set(key, {
      subject: early.subject,
      matched: early.verdict.matched,
      applied: applied(early.verdict, isFolderOf(foldersOf(inbox))),
      error: null,
    });
  return (one) => rulings.get(keyOf(one)) ?? null;
}

/**
 * At RCPT, where rules are asked only if one of them may block, without the database.
 * @param ahead what lists said of the sender with the look-up of the recipient
 * @returns an early verdict; null: no rule was asked; undefined: the database has to be
 */
export function judgeAhead(
  memory: Memory,
  { inbox, sender }: ArrivalAsked,
  ahead: AskedAhead | undefined,
): EarlyVerdict | null | undefined {
  const rules = knownOnArrivals(memory, inbox);
  if (rules === undefined) return undefined;
  if (!rules.blocks) return null;
  const isAnswered = ahead !== undefined && ahead.lists === rules.lists && ahead.sender === sender;
  if (rules.lists.length > 0 && !isAnswered) return undefined;
  const subject = arrivalFrom(sender);
  return { subject, verdict: evaluate(rules, subject, ahead?.isListed ?? onNoList) };
}

const onNoList = (): boolean => false;

/**
 * The same with the database. @param address under which the recipient was found
 * @returns an early verdict; a ruling: the rules cannot be read; null: none was asked
 */
export async function judgeEnvelope(
  tx: Tx,
  scope: AnyScope,
  memory: Memory,
  asked: ArrivalAsked,
  address: string,
): Promise<EarlyVerdict | Ruling | null> {
  const { verdicts, failed } = await verdictsOn(tx, scope, memory, [asked], ({ blocks }) => blocks);
  const rules = knownOnArrivals(memory, asked.inbox);
  if (rules?.blocks === true) rememberLists(memory, address, rules.lists);
  return verdicts.get(asked) ?? failed.get(asked) ?? null;
}

/** The first rule that blocks: at RCPT there is nothing yet that another could move or mark. */
export const rulingAtRcpt = ({ subject, verdict: { blocked, matched } }: EarlyVerdict): Ruling => ({
  subject,
  matched: blocked ? matched.slice(-1) : [],
  applied: blocked ? blockApplied : nothingApplied,
  error: null,
});

const isRuled = ({ inbox }: ArrivalAsked): boolean => inbox.guardrails.hasRules;

/** @param concerns which rules are to be asked at all */
async function verdictsOn(
  tx: Tx,
  scope: AnyScope,
  memory: Memory,
  asked: readonly ArrivalAsked[],
  concerns: (rules: CompiledRules) => boolean,
) {
  const verdicts = new Map<ArrivalAsked, EarlyVerdict>();
  const failed = new Map<ArrivalAsked, Ruling>();
  const inForceOn = await rulesOnArrivals(
    tx,
    scope,
    memory,
    asked.map(({ inbox }) => inbox),
  );
  const open: { readonly one: ArrivalAsked; readonly subject: Subject; readonly rules: CompiledRules }[] = [];
  for (const one of asked) {
    const subject = arrivalFrom(one.sender);
    const rules = inForceOn(one.inbox);
    if ("error" in rules) failed.set(one, failedRuling(subject, rules.error));
    else if (rules.rules.length > 0 && concerns(rules)) open.push({ one, subject, rules });
  }
  const isListed = await askLists(
    tx,
    scope,
    open.map(({ subject, rules: { lists } }) => ({ subject, lists })),
  );
  for (const { one, subject, rules } of open)
    verdicts.set(one, { subject, verdict: evaluate(rules, subject, isListed) });
  return { verdicts, failed };
}
