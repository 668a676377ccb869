/** `rookery agent rule test`: what a rule would have done to mail that is there, by the server's own evaluator. */
import { type CommandParts, UsageError } from "../parts.ts";
import { bodyGiven } from "./body.ts";
import { fieldsOf, matchOf, type RuleOptions } from "./rules.ts";
import { type TrialOptions, tryOut } from "./trial.ts";

type Options = RuleOptions & TrialOptions;

export async function testRule(
  parts: CommandParts,
  ruleId: string | undefined,
  options: Options,
): Promise<void> {
  const tried = await onTrial(parts, ruleId, options);
  await tryOut(parts, { tried, verb: "matched" }, options);
}

/** The rule of the argument, or the one that the options describe. @throws UsageError unless it is one of them */
async function onTrial(parts: CommandParts, ruleId: string | undefined, options: Options): Promise<object> {
  const given = await bodyGiven(parts, options);
  const said = { ...given, ...fieldsOf(options), ...matchOf(options, given["match"]) };
  const isDescribed = Object.keys(said).length > 0;
  if (ruleId !== undefined && isDescribed)
    throw new UsageError("Give the id of a rule, or describe one that is not there: not both.");
  if (ruleId !== undefined) return { rule_id: ruleId };
  if (!isDescribed)
    throw new UsageError(
      "Which rule? Give its id, or describe one with --condition and --action, or --data.",
    );
  // Of a rule that is not there, only what decides about a message.
  const { trigger, match, actions } = said as Record<string, unknown>;
  return { rule: { ...(trigger !== undefined && { trigger }), match, actions } };
}
