/** The evaluator: what rules make of one message (nylas 4.3). Pure; every way in, and every trial, uses it. */
import type { CompiledRule, CompiledRules, IsListed } from "./compile.ts";
import type { RuleAction } from "./rule.ts";
import type { Subject } from "./subject.ts";

/** What matching rules want. */
export interface Verdict {
  readonly blocked: boolean;
  /** Ids of the rules that matched, in the order of evaluation; behind one that blocks none is looked at. */
  readonly matched: readonly string[];
  /** Of those that matched, each once; none when it is blocked. */
  readonly actions: readonly RuleAction[];
}

/** What the rules make of it: the first that blocks ends it, else all that match apply. */
export function evaluate(
  { rules }: Pick<CompiledRules, "rules">,
  subject: Subject,
  isListed: IsListed,
): Verdict {
  const matched: CompiledRule[] = [];
  for (const compiled of rules) {
    if (!compiled.matches(subject, isListed)) continue;
    matched.push(compiled);
    if (compiled.blocks) return { blocked: true, matched: matched.map(idOf), actions: [] };
  }
  if (matched.length === 0) return nothing;
  return { blocked: false, matched: matched.map(idOf), actions: matched.flatMap(({ rule }) => rule.actions) };
}

const idOf = ({ rule }: CompiledRule): string => rule.id;

const nothing: Verdict = { blocked: false, matched: [], actions: [] };
