/** What a rule would have done to stored mail, by the evaluator that judges mail on its way. */
import type { Context } from "../../door/context.ts";
import { attempt, Failure } from "../../door/failures.ts";
import { checkLists } from "./check-lists.ts";
import { compileRules } from "./compile.ts";
import { evaluate } from "./evaluate.ts";
import { findFolders } from "./folders.ts";
import { requireRule } from "./get.ts";
import { askLists } from "./listed.ts";
import { type Applied, applied } from "./placement.ts";
import type { Rule, RuleTerms } from "./rule.ts";
import { storedSubject } from "./stored-subject.ts";
import { checkTerms, type GivenTerms } from "./terms.ts";
import type { TriedInbox, TriedMessage } from "./trial-store.ts";

/** @throws Failure input.invalid in the field that holds the rule */
export function termsOf(given: GivenTerms): RuleTerms {
  const terms = attempt(() => checkTerms(given));
  if (terms instanceof Failure) throw inRule(terms);
  return terms;
}

/** What is wrong with the terms lies in the field that holds them. */
function inRule(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(error.code, { ...error.details, path: ["rule", ...(error.details.path ?? [])] });
}

/** The rule as it is tried: in force, wherever it is attached. @throws Failure object.not_found, input.invalid */
export async function ruleOnTrial(
  context: Context,
  of: { readonly ruleId: string } | { readonly terms: RuleTerms },
): Promise<Rule> {
  if ("ruleId" in of) return { ...(await requireRule(context, { id: of.ruleId })), enabled: true };
  await checkLists(context, of.terms).catch((error: unknown) => {
    throw inRule(error);
  });
  const { now, scope } = context;
  const unsaved = {
    id: scope.organizationId,
    organizationId: scope.organizationId,
    name: "",
    description: null,
  };
  return { ...unsaved, ...of.terms, priority: 0, enabled: true, createdAt: now, updatedAt: now };
}

/** A message that the rule matches, and what it would have done. */
export interface RuleMatch {
  readonly message: TriedMessage;
  readonly applied: Applied;
}

/** Judges messages of one inbox. */
export async function tryRule(
  { tx, scope }: Context,
  rule: Rule,
  inbox: TriedInbox,
  messages: readonly TriedMessage[],
): Promise<RuleMatch[]> {
  const compiled = compileRules([rule], rule.trigger);
  const subjects = messages.map((message) => ({
    message,
    subject: storedSubject({ ...message, direction: rule.trigger }),
    lists: compiled.lists,
  }));
  const isListed = await askLists(tx, scope, subjects);
  const verdicts = subjects
    .map(({ message, subject }) => ({ message, verdict: evaluate(compiled, subject, isListed) }))
    .filter(({ verdict }) => verdict.matched.length > 0);
  const isFolderOf = await findFolders(
    tx,
    scope,
    verdicts.map(({ verdict }) => ({ inbox, verdict })),
  );
  return verdicts.map(({ message, verdict }) => ({
    message,
    applied: applied(verdict, isFolderOf(inbox)),
  }));
}
