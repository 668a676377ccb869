/** Trials of rules and policies: what they take, and the lines they answer with. */
import { z } from "@hono/zod-openapi";
import type { TrialMatch, TrialRun } from "../../../../domain/guardrails/rules/index.ts";
import {
  DEFAULT_TRIAL_DAYS,
  MAX_TRIAL_MATCHES,
  MAX_TRIAL_MESSAGES,
  MAX_TRIAL_MS,
} from "../../../../domain/guardrails/rules/limits.ts";
import { ATTACHMENT_TYPES, wireResource } from "../../dialect/limit-names.ts";
import { givenLimits } from "../../dialect/policy-limits.ts";
import { inWireNames } from "../errors.ts";
import { bodyList, present, wire } from "./common.ts";
import { ruleId, ruleTerms } from "./rule.ts";
import { sample } from "./sample.ts";

/** As every list of this API, that of media types need not be one when it has one item. */
const policyLimits = givenLimits
  .extend({
    [ATTACHMENT_TYPES]: bodyList(z.string(), {
      description: "Media types that attachments may have, of which the subtype may be `*`. Empty: all.",
      example: ["image/*", "application/pdf"],
    })
      .nullable()
      .optional(),
  })
  .openapi({ description: "Limits, under their names in /v3/policies." });

/** Exactly one of rule_id, rule, policy_id and policy. */
export const dryRunBody = z
  .object({
    rule_id: ruleId.optional().openapi({ description: "A rule that is there." }),
    rule: ruleTerms.optional().openapi({ description: "A rule that is not there." }),
    policy_id: z.uuid().optional().openapi({ description: "A policy that is there.", example: sample.podId }),
    policy: z.strictObject({ limits: policyLimits }).optional().openapi({
      description: "A policy that is not there: its limits, as /v3/policies takes them.",
    }),
    since: z.iso
      .datetime({ offset: true })
      .optional()
      .openapi({
        description: `Mail from then on is judged: ISO 8601 with Z or an offset. ${DEFAULT_TRIAL_DAYS} days ago when absent.`,
        example: sample.at,
      }),
  })
  .openapi("DryRunRequest", {
    title: "Trial of a rule or a policy",
    example: {
      rule: {
        match: { conditions: [{ field: "from.domain", operator: "is", value: "spam.example" }] },
        actions: [{ type: "block" }],
      },
    },
  });

/** What a trial answers with, in the words of its documentation. */
export const trialLines = `Lines of JSON, each with a \`type\`: \`match\` for a message that the rule matches (\`inbox_id\`, \`message_id\`, \`from\`, \`subject\`, \`timestamp\`, \`actions\`, \`folders\`), \`progress\` while it goes on (\`judged\`, \`matched\`), and \`summary\` at the end with \`complete\`; when that is false, \`ended_by\` is \`messages\` (${MAX_TRIAL_MESSAGES} judged), \`matches\` (${MAX_TRIAL_MATCHES} reported) or \`time\` (${MAX_TRIAL_MS / 1000} seconds). A line without a type is an error that ended it.`;

const doneOf = (done: TrialMatch["done"]): Record<string, unknown> =>
  "actions" in done
    ? { actions: done.actions, folders: done.folders }
    : {
        actions: [done.action],
        folders: [],
        limit: done.limit === "attachmentTypes" ? ATTACHMENT_TYPES : wireResource(done.limit),
        reason: inWireNames(done.why),
      };

const toMatch = ({ inbox, message, done }: TrialMatch): Record<string, unknown> =>
  present({
    type: "match",
    inbox_id: inbox.address,
    ...wire(message, ["messageId", "direction", "from", "subject", "timestamp"]),
    ...doneOf(done),
  });

export function toTrialLines({ matches, state, end }: TrialRun): readonly Record<string, unknown>[] {
  const counts = { judged: state.judged, matched: state.matched };
  const last =
    end === null
      ? { type: "progress", ...counts }
      : {
          type: "summary",
          ...counts,
          complete: end === "complete",
          ...(end !== "complete" && { ended_by: end }),
        };
  return [...matches.map(toMatch), last];
}
