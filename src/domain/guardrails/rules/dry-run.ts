/**
 * What a rule or a policy would have done to mail that is here already, without doing it: judged by what judges mail on its way, in
 * runs that are small, so that a trial of a hundred thousand messages holds nobody up.
 */
import type { Context } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { mayRead } from "../../mail/labels/index.ts";
import {
  limitsOf,
  type PolicyVerdict,
  requirePolicy,
  type SetLimits,
  type TrialCounts,
  tryPolicy,
} from "../policies/index.ts";
import {
  DEFAULT_TRIAL_DAYS,
  MAX_TRIAL_MATCHES,
  MAX_TRIAL_MESSAGES,
  MAX_TRIAL_MS,
  TRIAL_BATCH_INBOXES,
  TRIAL_BATCH_MESSAGES,
} from "./limits.ts";
import type { Applied } from "./placement.ts";
import type { Rule, RuleTerms } from "./rule.ts";
import { ruleOnTrial, termsOf, tryRule } from "./rule-trial.ts";
import type { GivenTerms } from "./terms.ts";
import { nextInboxes, selectTried, type TriedInbox, type TriedMessage } from "./trial-store.ts";

/** A rule or a policy that is there, or one that might be. */
export type OnTrial =
  | { readonly ruleId: string }
  | { readonly rule: GivenTerms }
  | { readonly policyId: string }
  | { readonly limits: Partial<SetLimits> };

export interface DryRun {
  readonly of: OnTrial;
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
  /** What it has used up so far, in the trial of a policy. */
  readonly counts: TrialCounts | null;
  readonly judged: number;
  readonly matched: number;
}

/** A message that something would have been done to: actions of a rule, or what a policy does. */
export interface TrialMatch {
  readonly inbox: TriedInbox;
  readonly message: TriedMessage;
  readonly done: Applied | PolicyVerdict;
}

/** Why a trial ended: all mail was judged, or a bound was reached. */
export type TrialEnd = "complete" | "messages" | "matches" | "time";

export interface TrialRun {
  readonly matches: readonly TrialMatch[];
  readonly state: TrialState;
  /** Null: the next run goes on from `state`. */
  readonly end: TrialEnd | null;
}

/**
 * One run of a trial: newest first for a rule, oldest first for a policy, whose counts go that way. Changes nothing; what the key may
 * not see of the mail is passed over, though a policy counts it.
 */
export const dryRun = operation({
  name: "guardrail.dry_run",
  needs: ["guardrail_read", "message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found", "limit.exceeded"],
  check: ({ of, ...input }: DryRun, { installation }) => ({
    ...input,
    of: checked(of, installation.limits),
  }),
  async run(context, { of, since, from }): Promise<TrialRun> {
    const { now } = context;
    const state = from ?? firstState(now, since);
    const trial = await trialOf(context, of);
    const { matches, ...next } = await judgeNext(context, trial, state);
    const reached = { ...state, ...next };
    return { matches, state: reached, end: endOf(reached, now) };
  },
});

type CheckedOnTrial =
  | { readonly ruleId: string }
  | { readonly terms: RuleTerms }
  | { readonly policyId: string }
  | { readonly held: MailLimits };

function checked(of: OnTrial, maxima: MailLimits): CheckedOnTrial {
  if ("rule" in of) return { terms: termsOf(of.rule) };
  return "limits" in of ? { held: limitsOf(of.limits, maxima) } : of;
}

function firstState(now: Date, since?: Date): TrialState {
  const start = since ?? new Date(now.getTime() - DEFAULT_TRIAL_DAYS * 24 * 3_600_000);
  if (start > now) throw invalid(["since"], says`${field("since")} must lie in the past`);
  return { startedAt: now, since: start, inbox: null, after: null, counts: null, judged: 0, matched: 0 };
}

/** What is tried, as a run asks it: of which mail, in which order, and what would have been done to it. */
interface Trial {
  /** Null: both. */
  readonly direction: "inbound" | "outbound" | null;
  readonly order: "oldest first" | "newest first";
  readonly judge: (
    inbox: TriedInbox,
    messages: readonly TriedMessage[],
    state: Pick<TrialState, "since" | "counts">,
  ) => Promise<{ readonly matches: readonly TrialMatch[]; readonly counts: TrialCounts | null }>;
}

async function trialOf(context: Context, of: CheckedOnTrial): Promise<Trial> {
  if ("held" in of) return trialOfLimits(context, of.held);
  if ("policyId" in of) return trialOfLimits(context, (await requirePolicy(context, of.policyId)).limits);
  return trialOfRule(context, await ruleOnTrial(context, of));
}

const trialOfRule = (context: Context, rule: Rule): Trial => ({
  direction: rule.trigger,
  order: "newest first",
  async judge(inbox, messages) {
    const found = await tryRule(context, rule, inbox, messages);
    return { matches: found.map(({ message, applied: done }) => ({ inbox, message, done })), counts: null };
  },
});

const trialOfLimits = (context: Context, limits: MailLimits): Trial => ({
  direction: null,
  order: "oldest first",
  async judge(inbox, messages, state) {
    const { verdicts, counts } = await tryPolicy(context, limits, inbox, messages, state);
    const matches = messages.flatMap((message) => {
      const done = verdicts.get(message.id);
      return done === undefined ? [] : [{ inbox, message, done }];
    });
    return { matches, counts };
  },
});

interface Judged extends Pick<TrialState, "inbox" | "after" | "counts" | "judged" | "matched"> {
  readonly matches: readonly TrialMatch[];
}

/** The next batch: messages of as many inboxes as it takes. `inbox` null behind it: there are no more. */
async function judgeNext(context: Context, trial: Trial, state: TrialState): Promise<Judged> {
  const { tx, scope, actor } = context;
  const inboxes = await nextInboxes(tx, scope, state.inbox, TRIAL_BATCH_INBOXES);
  const mayShow = ({ labels }: TriedMessage): boolean => mayRead(actor, labels);
  const matches: TrialMatch[] = [];
  const { direction, order } = trial;
  const { since } = state;
  let left = TRIAL_BATCH_MESSAGES;
  let { after, counts, judged } = state;
  let at: TrialState["inbox"] = null;
  for (const inbox of inboxes) {
    if (inbox.id !== state.inbox?.id) [after, counts] = [null, null];
    const found = await selectTried(tx, scope, inbox, { direction, order, since, after }, left);
    const next = await trial.judge(inbox, found, { since, counts });
    matches.push(...next.matches.filter(({ message }) => mayShow(message)));
    judged += found.filter(mayShow).length;
    left -= found.length;
    at = { podId: inbox.podId, id: inbox.id, isDone: left > 0 };
    [after, counts] = left > 0 ? [null, null] : [found.at(-1) ?? null, next.counts];
    if (left <= 0) break;
  }
  if (inboxes.length < TRIAL_BATCH_INBOXES && at?.isDone !== false) at = null;
  const last = after === null ? null : { timestamp: after.timestamp, id: after.id };
  return { matches, inbox: at, after: last, counts, judged, matched: state.matched + matches.length };
}

function endOf({ inbox, judged, matched, startedAt }: TrialState, now: Date): TrialEnd | null {
  if (inbox === null) return "complete";
  if (judged >= MAX_TRIAL_MESSAGES) return "messages";
  if (matched >= MAX_TRIAL_MATCHES) return "matches";
  return now.getTime() - startedAt.getTime() >= MAX_TRIAL_MS ? "time" : null;
}
