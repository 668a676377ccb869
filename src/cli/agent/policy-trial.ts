/** `rookery agent policy test`: what a policy would have refused or deleted of mail that is there, by the limits that hold mail. */
import { type CommandParts, UsageError } from "../parts.ts";
import { type BodyOptions, bodyGiven } from "./body.ts";
import { type TrialOptions, tryOut } from "./trial.ts";

type Options = BodyOptions & TrialOptions;

export async function testPolicy(
  parts: CommandParts,
  policyId: string | undefined,
  options: Options,
): Promise<void> {
  const tried = await onTrial(parts, policyId, options);
  await tryOut(parts, { tried, verb: "been refused or deleted" }, options);
}

/** The policy of the argument, or the one that the options hold. @throws UsageError unless it is one of them */
async function onTrial(parts: CommandParts, policyId: string | undefined, options: Options): Promise<object> {
  const given = await bodyGiven(parts, options);
  const isGiven = Object.keys(given).length > 0;
  if (policyId !== undefined && isGiven)
    throw new UsageError("Give the id of a policy, or one that is not there as JSON: not both.");
  if (policyId !== undefined) return { policy_id: policyId };
  // Of a policy that is not there, only what decides about a message.
  const { limits } = given;
  if (limits === undefined)
    throw new UsageError('Which policy? Give its id, or one with "limits" as JSON in --data or --data-file.');
  return { policy: { limits } };
}
