/** Judges mail that arrives, a whole group of it at once. */
import type { Memory } from "../../../lib/memory.ts";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { CompiledRules } from "./compile.ts";
import { evaluate } from "./evaluate.ts";
import { findFolders } from "./folders.ts";
import { foldersOf, type Ruled, rulesOnArrivals } from "./in-force.ts";
import { askLists } from "./listed.ts";
import { applied } from "./placement.ts";
import { failedRuling, type Ruling } from "./ruling.ts";
import { arrivalFrom, type Subject } from "./subject.ts";

/** Mail for an inbox, by its sender. */
export interface ArrivalAsked {
  readonly inbox: Ruled;
  /** Null: the mail names none. */
  readonly sender: string | null;
}

/** Null: no rule is in force, so none was looked at. */
export type RulingOn = (asked: ArrivalAsked) => Ruling | null;

/** `all`: of a message in its inbox. `blocking`: at RCPT, where there is nothing yet that could be moved or marked. */
export type RulesAsked = "all" | "blocking";

interface Judged {
  readonly asked: ArrivalAsked;
  readonly subject: Subject;
  readonly rules: Pick<CompiledRules, "rules" | "lists">;
}

const keyOf = ({ inbox, sender }: ArrivalAsked): string => `${inbox.id}\n${sender ?? ""}`;

/**
 * One statement when a rule names a value list, one when rules are not compiled yet, one when a folder is looked for, and none where
 * nothing is attached. @throws what the database does, when it cannot be asked
 */
export async function judgeArrivals(
  tx: Tx,
  scope: AnyScope,
  memory: Memory,
  asked: readonly ArrivalAsked[],
  part: RulesAsked,
): Promise<RulingOn> {
  const ruled = asked.filter(({ inbox }) => inbox.guardrails.ruleIds.length > 0);
  if (ruled.length === 0) return () => null;
  const distinct = new Map(ruled.map((one) => [keyOf(one), one]));
  const inForceOn = await rulesOnArrivals(
    tx,
    scope,
    memory,
    ruled.map(({ inbox }) => inbox),
  );
  const rulings = new Map<string, Ruling>();
  const judged: Judged[] = [];
  for (const [key, one] of distinct) {
    const subject = arrivalFrom(one.sender);
    const inForce = inForceOn(one.inbox);
    if ("error" in inForce) {
      rulings.set(key, failedRuling(subject, inForce.error));
      continue;
    }
    const rules = part === "all" ? inForce : inForce.blocking;
    if (rules.rules.length > 0) judged.push({ asked: one, subject, rules });
  }
  const isListed = await askLists(
    tx,
    scope,
    judged.map(({ subject, rules: { lists } }) => ({ subject, lists })),
  );
  const verdicts = judged.map((one) => ({ ...one, verdict: evaluate(one.rules, one.subject, isListed) }));
  const isFolderOf = await findFolders(
    tx,
    scope,
    verdicts.map(({ asked: { inbox }, verdict }) => ({ inbox: foldersOf(inbox), verdict })),
  );
  for (const { asked: one, subject, verdict } of verdicts) {
    const done = applied(verdict, isFolderOf(foldersOf(one.inbox)));
    rulings.set(keyOf(one), { subject, matched: verdict.matched, applied: done, error: null });
  }
  return (one) => rulings.get(keyOf(one)) ?? null;
}
