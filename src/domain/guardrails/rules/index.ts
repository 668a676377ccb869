export { type AskedAhead, askAhead } from "./ask-ahead.ts";
export { type Attachment, attachRules } from "./attach.ts";
export { createRule } from "./create.ts";
export { deleteRule } from "./delete.ts";
export {
  type DryRun,
  dryRun,
  type OnTrial,
  type TrialMatch,
  type TrialRun,
} from "./dry-run.ts";
export { type ExplainedRule, type Explanation, explainRules } from "./explain.ts";
export { getRule } from "./get.ts";
export {
  type ArrivalAsked,
  type EarlyVerdict,
  judgeAhead,
  judgeArrivals,
  judgeEnvelope,
  type RulingOn,
  rulingAtRcpt,
} from "./judge-arrivals.ts";
export { judgeSend, unavailable } from "./judge-send.ts";
export { listRules } from "./list.ts";
export { type CreateRule, makeRules, planRule, type RulePlan } from "./make.ts";
export { labelsAfter } from "./placement.ts";
export type { ActionType, Condition, Rule, RuleAction } from "./rule.ts";
export { evaluationOf, failedRuling, isBlocked, type Ruling } from "./ruling.ts";
export { findRulesById, findRulesNamed } from "./store.ts";
export { arrivalFrom, partyOf } from "./subject.ts";
export type { GivenAction, GivenCondition, GivenTerms } from "./terms.ts";
export {
  changeRule,
  checkRuleChange,
  type RuleChange,
  ruleAfter,
  type UpdateRule,
  updateRule,
} from "./update.ts";
