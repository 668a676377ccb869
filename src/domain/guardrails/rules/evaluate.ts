/** The evaluator: what rules make of one message (nylas 4.3). Pure; every way in, and every trial, uses it. */
import type { CompiledRule, CompiledRules } from "./compile.ts";
import type { RuleAction } from "./rule.ts";
import { candidates } from "./rule-index.ts";
import type { Subject } from "./subject.ts";
import { type IsListed, valuesIn } from "./values.ts";

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
  { rules, index }: Pick<CompiledRules, "rules" | "index">,
  subject: Subject,
  isListed: IsListed,
): Verdict {
  const valuesOf = valuesIn(subject);
  const matched: CompiledRule[] = [];
  for (const place of candidates(index, valuesOf, isListed)) {
    const compiled = rules[place];
    if (compiled === undefined || !compiled.matches(valuesOf, isListed)) continue;
    matched.push(compiled);
    if (compiled.blocks) return { blocked: true, matched: matched.map(idOf), actions: [] };
  }
  if (matched.length === 0) return nothing;
  return { blocked: false, matched: matched.map(idOf), actions: matched.flatMap(({ rule }) => rule.actions) };
}

const idOf = ({ rule }: CompiledRule): string => rule.id;

const nothing: Verdict = { blocked: false, matched: [], actions: [] };
