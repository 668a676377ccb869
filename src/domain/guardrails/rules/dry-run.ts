/**
 * What a rule would have done to mail that is here already, without doing it: judged by the evaluator that judges mail on its way, in
 * runs that are small, so that a trial of a hundred thousand messages holds nobody up.
 */
import type { Context } from "../../door/context.ts";
import { attempt, Failure, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import {
  DEFAULT_TRIAL_DAYS,
  MAX_TRIAL_MATCHES,
  MAX_TRIAL_MESSAGES,
  MAX_TRIAL_MS,
  TRIAL_BATCH_INBOXES,
  TRIAL_BATCH_MESSAGES,
} from "../../limits.ts";
import { mayRead } from "../../mail/labels/index.ts";
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
import { nextInboxes, selectTried, type TriedInbox, type TriedMessage } from "./trial-store.ts";

/** A rule that is there, or one that might be. */
export type RuleOnTrial = { readonly ruleId: string } | { readonly rule: GivenTerms };

export interface DryRun {
  readonly of: RuleOnTrial;
  /** Messages from then on; a week ago when absent. */
  readonly since?: Date;
  /** Where the run before ended; absent in the first. */
  readonly from?: TrialState;
}

/** How far a trial has come. */
export interface TrialState {
  readonly startedAt: Date;
  readonly since: Date;
  /** The inbox that was looked at last. */
  readonly inbox: { readonly podId: string; readonly id: string; readonly isDone: boolean } | null;
  /** In it, the message that was judged last. */
  readonly after: { readonly timestamp: Date; readonly id: string } | null;
  readonly judged: number;
  readonly matched: number;
}

/** A message that the rule matches, and what it would have done. */
export interface TrialMatch {
  readonly inbox: TriedInbox;
  readonly message: TriedMessage;
  readonly applied: Applied;
}

/** Why a trial ended: all mail was judged, or a bound was reached. */
export type TrialEnd = "complete" | "messages" | "matches" | "time";

export interface TrialRun {
  readonly matches: readonly TrialMatch[];
  readonly state: TrialState;
  /** Null: the next run goes on from `state`. */
  readonly end: TrialEnd | null;
}

/** One run of a trial. Changes nothing; what the key may not see of the mail is passed over. */
export const dryRunRule = operation({
  name: "rule.dry_run",
  needs: ["guardrail_read", "message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: ({ of, ...input }: DryRun) => ({
    ...input,
    of: "rule" in of ? { terms: termsOf(of.rule) } : of,
  }),
  async run(context, { of, since, from }): Promise<TrialRun> {
    const { now } = context;
    const state = from ?? firstState(now, since);
    const rule = await onTrial(context, of);
    const { matches, ...next } = await judgeNext(context, rule, state);
    const reached = { ...state, ...next };
    return { matches, state: reached, end: endOf(reached, now) };
  },
});

function termsOf(given: GivenTerms): RuleTerms {
  const terms = attempt(() => checkTerms(given));
  if (terms instanceof Failure) throw inRule(terms);
  return terms;
}

/** What is wrong with the terms lies in the field that holds them. */
function inRule(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(error.code, { ...error.details, path: ["rule", ...(error.details.path ?? [])] });
}

function firstState(now: Date, since?: Date): TrialState {
  const start = since ?? new Date(now.getTime() - DEFAULT_TRIAL_DAYS * 24 * 3_600_000);
  if (start > now) throw invalid(["since"], says`${field("since")} must lie in the past`);
  return { startedAt: now, since: start, inbox: null, after: null, judged: 0, matched: 0 };
}

async function onTrial(
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

interface Judged extends Pick<TrialState, "inbox" | "after" | "judged" | "matched"> {
  readonly matches: readonly TrialMatch[];
}

/** The next batch: messages of as many inboxes as it takes. `inbox` null behind it: there are no more. */
async function judgeNext(context: Context, rule: Rule, state: TrialState): Promise<Judged> {
  const { tx, scope, actor } = context;
  const inboxes = await nextInboxes(tx, scope, state.inbox, TRIAL_BATCH_INBOXES);
  const matches: TrialMatch[] = [];
  let left = TRIAL_BATCH_MESSAGES;
  let { after, judged } = state;
  let at: TrialState["inbox"] = null;
  for (const inbox of inboxes) {
    const isResumed = inbox.id === state.inbox?.id;
    const asked = { direction: rule.trigger, since: state.since, after: isResumed ? after : null };
    const found = await selectTried(tx, scope, inbox, asked, left);
    const seen = found.filter(({ labels }) => mayRead(actor, labels));
    matches.push(...(await judge(context, rule, inbox, seen)));
    judged += seen.length;
    left -= found.length;
    at = { podId: inbox.podId, id: inbox.id, isDone: left > 0 };
    after = left > 0 ? null : (found.at(-1) ?? null);
    if (left <= 0) break;
  }
  if (inboxes.length < TRIAL_BATCH_INBOXES && at?.isDone !== false) at = null;
  const last = after === null ? null : { timestamp: after.timestamp, id: after.id };
  return { matches, inbox: at, after: last, judged, matched: state.matched + matches.length };
}

async function judge(
  { tx, scope }: Context,
  rule: Rule,
  inbox: TriedInbox,
  messages: readonly TriedMessage[],
): Promise<TrialMatch[]> {
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
    inbox,
    message,
    applied: applied(verdict, isFolderOf(inbox)),
  }));
}

function endOf({ inbox, judged, matched, startedAt }: TrialState, now: Date): TrialEnd | null {
  if (inbox === null) return "complete";
  if (judged >= MAX_TRIAL_MESSAGES) return "messages";
  if (matched >= MAX_TRIAL_MATCHES) return "matches";
  return now.getTime() - startedAt.getTime() >= MAX_TRIAL_MS ? "time" : null;
}
