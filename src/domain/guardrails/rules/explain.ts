/** Which rule did what to a message, and why: what was recorded when it came or went, and what the rules say of it now. */

import { findAttachedRules } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import {
  type Message,
  type MessageRef,
  messageRefOf,
  requireMessageHead,
} from "../../mail/messages/index.ts";
import { type Evaluation, findEvaluation } from "../evaluations/index.ts";
import type { CompiledRule } from "./compile.ts";
import { evaluate } from "./evaluate.ts";
import { findFolders } from "./folders.ts";
import { foldersOf, type InForce, rulesOnArrivals, rulesOnSends } from "./in-force.ts";
import { unavailable } from "./judge-send.ts";
import { askLists } from "./listed.ts";
import { type Applied, applied } from "./placement.ts";
import type { Condition, Rule } from "./rule.ts";
import { storedSubject } from "./stored-subject.ts";
import type { Subject } from "./subject.ts";
import { type IsListed, valuesIn } from "./values.ts";

export interface ExplainedCondition {
  readonly condition: Condition;
  /** What of the message it looked at. */
  readonly values: readonly string[];
  readonly holds: boolean;
}

export interface ExplainedRule {
  readonly rule: Rule;
  readonly matches: boolean;
  /** False behind a rule that blocks: it was not looked at. */
  readonly isReached: boolean;
  readonly conditions: readonly ExplainedCondition[];
}

export interface Explanation {
  readonly message: Message;
  /** What was made of the message when it was stored; null when no rule was looked at, or it was too long ago. */
  readonly recorded: Evaluation | null;
  /** Rules in force now, in the order of evaluation; for a key of less than the organization those that its pod has attached. */
  readonly rules: readonly ExplainedRule[];
  /** What all rules in force would do to it now. */
  readonly applied: Applied;
}

export const explainRules = operation({
  name: "rule.explain",
  needs: ["guardrail_read", "message_read"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found", "guardrails.unavailable"],
  check: (input: MessageRef) => messageRefOf(input),
  async run(context, ref): Promise<Explanation> {
    const { tx, scope, inbox, actor } = context;
    const message = await requireMessageHead(context, ref);
    const inForce = await rulesFor(context, message);
    if ("error" in inForce) throw unavailable(inForce.error);
    const subject = storedSubject(message);
    const [recorded, attached, isListed] = await Promise.all([
      findEvaluation(tx, scope, inbox, message.id),
      findAttachedRules(tx, scope, [inbox.podId]),
      askLists(tx, scope, [{ subject, lists: inForce.lists }]),
    ]);
    const verdict = evaluate(inForce, subject, isListed);
    const isFolderOf = await findFolders(tx, scope, [{ inbox: foldersOf(inbox), verdict }]);
    const explained = explain(inForce.rules, subject, isListed);
    const own = new Set(attached.get(inbox.podId));
    return {
      message,
      recorded,
      rules: explained.filter(({ rule }) => actor.scope.level === "organization" || own.has(rule.id)),
      applied: applied(verdict, isFolderOf(foldersOf(inbox))),
    };
  },
});

async function rulesFor(
  { tx, scope, memory, inbox }: InboxContext,
  { direction }: Message,
): Promise<InForce> {
  if (direction === "outbound") return rulesOnSends(tx, scope, memory, inbox);
  return (await rulesOnArrivals(tx, scope, memory, [inbox]))(inbox);
}

function explain(rules: readonly CompiledRule[], subject: Subject, isListed: IsListed): ExplainedRule[] {
  const valuesOf = valuesIn(subject);
  let isReached = true;
  return rules.map(({ rule, blocks, conditions, matches: matchesOf }) => {
    const matches = matchesOf(valuesOf, isListed);
    const explained = {
      rule,
      matches,
      isReached,
      conditions: conditions.map(({ condition, holds }) => ({
        condition,
        values: valuesOf(condition.field),
        holds: holds(valuesOf, isListed),
      })),
    };
    if (matches && blocks) isReached = false;
    return explained;
  });
}
