/** Outbound rules on a send: what they refuse, and what they do to the stored copy. */
import type { InboxContext } from "../../door/context.ts";
import { insertEvaluations } from "../../guardrails/evaluations/index.ts";
import { evaluationOf, judgeSend, labelsAfter } from "../../guardrails/rules/index.ts";

/** A send that the rules let pass. */
export interface RuledSend {
  /** The labels of its copy, after what the rules do to it. */
  readonly labelled: (labels: readonly string[]) => readonly string[];
  /** Writes the row of the evaluation with the copy. @param messageUuid of the copy */
  readonly leaveTrail: (messageUuid: string) => void;
}

/** @throws Failure rule.blocked, guardrails.unavailable */
export async function holdAgainstRules(
  context: InboxContext,
  recipients: readonly string[],
  { isReply }: { readonly isReply: boolean },
): Promise<RuledSend> {
  const ruling = await judgeSend(context, { recipients, isReply });
  if (ruling === null) return { labelled: (labels) => labels, leaveTrail: () => undefined };
  const { tx, scope, inbox, newId, now } = context;
  return {
    labelled: (labels) => labelsAfter(labels, ruling.applied),
    leaveTrail(messageUuid) {
      const row = evaluationOf(ruling, { stage: "send", inbox, messageUuid, newId, now });
      tx.beforeCommit(insertEvaluations(tx, scope, [row]));
    },
  };
}
