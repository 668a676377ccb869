/** Evaluations of rules (nylas 3.8). */
import { z } from "@hono/zod-openapi";
import type { Evaluation } from "../../../../domain/guardrails/evaluations/index.ts";
import { partyOf } from "../../../../domain/guardrails/rules/index.ts";
import { applicationIds } from "./application-ids.ts";
import { present, seconds, unixSeconds } from "./common.ts";
import { sample } from "./sample.ts";

const stages: Readonly<Record<Evaluation["stage"], string>> = {
  rcpt: "smtp_rcpt",
  arrival: "inbox_processing",
  send: "outbound_send",
};

/** What was done under this API's names. Only what was done is there, as true. */
const appliedAs: Readonly<Record<string, string>> = {
  block: "blocked",
  evaluation_error: "blocked_by_evaluation_error",
  mark_as_spam: "marked_as_spam",
  mark_as_read: "marked_as_read",
  mark_as_starred: "marked_starred",
  archive: "archived",
  trash: "trashed",
};

const texts = (description: string) => z.array(z.string()).optional().openapi({ description });
const flag = z.literal(true).optional();

export const ruleEvaluation = z
  .object({
    id: z.uuid().openapi({ description: "Id of the evaluation.", example: sample.id }),
    grant_id: z.uuid().openapi({ description: "The account.", example: sample.grantId }),
    message_id: z.string().optional().openapi({
      description: "The message, or the stored copy of what was sent; absent when none was stored.",
      example: sample.id,
    }),
    evaluated_at: seconds("When it was evaluated."),
    evaluation_stage: z.string().openapi({
      description:
        "smtp_rcpt: by the envelope's sender, before the mail was read. inbox_processing: by the sender in its header. outbound_send: when it was sent.",
      example: "inbox_processing",
    }),
    evaluation_input: z.object({
      from_address: z.string().openapi({ description: "Empty when the mail has no From address." }),
      from_domain: z.string(),
      from_tld: z.string(),
      recipient_addresses: texts("Of sends."),
      recipient_domains: texts("Of sends."),
      recipient_tlds: texts("Of sends."),
      outbound_type: z.string().optional().openapi({ description: "Of sends: compose or reply." }),
    }),
    applied_actions: z
      .object({
        ...Object.fromEntries(Object.values(appliedAs).map((name) => [name, flag])),
        folder_ids: texts("Folders that it was assigned to."),
      })
      .openapi({ description: "What was done, and nothing that was not." }),
    matched_rule_ids: z
      .array(z.uuid())
      .openapi({ description: "The rules that matched, in the order of evaluation." }),
    ...applicationIds,
    created_at: seconds("The same."),
    updated_at: seconds("The same."),
  })
  .openapi("RuleEvaluation", { title: "Evaluation of rules" });

const nobody = { address: "", domain: "", tld: "" };

function inputOf({ from, recipients, outboundType }: Evaluation): Record<string, unknown> {
  const sender = from === null ? nobody : partyOf(from);
  const parties = recipients?.map(partyOf);
  return present({
    from_address: sender.address,
    from_domain: sender.domain,
    from_tld: sender.tld,
    recipient_addresses: parties?.map(({ address }) => address),
    recipient_domains: parties && [...new Set(parties.map(({ domain }) => domain))],
    recipient_tlds: parties && [...new Set(parties.map(({ tld }) => tld))],
    outbound_type: outboundType,
  });
}

export function toRuleEvaluation(evaluation: Evaluation): Record<string, unknown> {
  const at = unixSeconds(evaluation.createdAt);
  const flags = evaluation.applied.flatMap((action) => {
    const name = appliedAs[action];
    return name === undefined ? [] : [[name, true] as const];
  });
  return present({
    id: evaluation.id,
    grant_id: evaluation.inboxId,
    message_id: evaluation.messageUuid,
    evaluated_at: at,
    evaluation_stage: stages[evaluation.stage],
    evaluation_input: inputOf(evaluation),
    applied_actions: present({
      ...Object.fromEntries(flags),
      folder_ids: evaluation.folders.length === 0 ? null : evaluation.folders,
    }),
    matched_rule_ids: evaluation.matchedRuleIds,
    application_id: evaluation.organizationId,
    organization_id: evaluation.organizationId,
    created_at: at,
    updated_at: at,
  });
}
