import type { InboxContext } from "../../door/context.ts";
import { Failure, fail } from "../../door/failures.ts";
import { insertRefused } from "../evaluations/index.ts";
import { evaluate } from "./evaluate.ts";
import { findFolders } from "./folders.ts";
import { foldersOf, rulesOnSends } from "./in-force.ts";
import { askLists } from "./listed.ts";
import { applied } from "./placement.ts";
import { evaluationOf, failedRuling, isBlocked, type Ruling } from "./ruling.ts";
import { partyOf, type Subject } from "./subject.ts";

export interface SendAsked {
  /** Addresses of all recipients: to, cc and bcc. */
  readonly recipients: readonly string[];
  /** Whether it answers a message, and says so in its header. */
  readonly isReply: boolean;
}

/**
 * Holds a send against the outbound rules in force. What refuses it leaves its row all the same.
 * @returns what is to be done to the stored copy; null when no rule was looked at
 * @throws Failure rule.blocked; guardrails.unavailable when they could not be evaluated
 */
export async function judgeSend(context: InboxContext, asked: SendAsked): Promise<Ruling | null> {
  const subject: Subject = {
    from: partyOf(context.inbox.address),
    recipients: [...new Set(asked.recipients)].map(partyOf),
    outboundType: asked.isReply ? "reply" : "compose",
  };
  const ruling = await rulingOn(context, subject);
  if (ruling === null || !isBlocked(ruling)) return ruling;
  const { inbox, newId, now } = context;
  const row = evaluationOf(ruling, { stage: "send", inbox, messageUuid: null, newId, now });
  context.onRefusal((tx, scope) => insertRefused(tx, scope, [row]));
  throw ruling.error === null ? blocked() : unavailable(ruling.error);
}

async function rulingOn(
  { tx, scope, memory, inbox }: InboxContext,
  subject: Subject,
): Promise<Ruling | null> {
  try {
    const rules = await rulesOnSends(tx, scope, memory, inbox);
    if ("error" in rules) return failedRuling(subject, rules.error);
    if (rules.rules.length === 0) return null;
    const verdict = evaluate(rules, subject, await askLists(tx, scope, [{ subject, lists: rules.lists }]));
    const isFolderOf = await findFolders(tx, scope, [{ inbox: foldersOf(inbox), verdict }]);
    const done = applied(verdict, isFolderOf(foldersOf(inbox)));
    return { subject, matched: verdict.matched, applied: done, error: null };
  } catch (error) {
    if (error instanceof Failure) throw error;
    return failedRuling(subject, error);
  }
}

/** Says nothing of the rule: who may send need not know who is blocked. */
const blocked = (): Failure =>
  fail("rule.blocked", {
    message: "Message blocked by a rule",
    hint: "Ask who set the rules of the pod or the organization; nothing was sent or stored.",
  });

/** @param error for the log */
export const unavailable = (error: unknown): Failure =>
  fail("guardrails.unavailable", {
    message: "The rules could not be evaluated, so nothing was let through",
    hint: "Try again in a few seconds.",
    logDetail: error instanceof Error ? error.message : String(error),
  });
