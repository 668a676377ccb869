import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { mayReadOf } from "../../mail/labels/index.ts";
import type { Evaluation } from "./evaluation.ts";
import { type FoundEvaluation, selectEvaluations } from "./store.ts";

/**
 * What rules made of the mail of the inbox, newest first. It names who wrote to it and whom it wrote to, also of mail that was refused:
 * so it needs the permission to read mail as well, and leaves out what was stored and the key may not see: a page is shorter by those.
 */
export const listEvaluations = operation({
  name: "rule_evaluation.list",
  needs: ["guardrail_read", "message_read"],
  on: "inbox",
  kind: "read",
  async run({ tx, scope, actor, inbox }, page: PageRequest): Promise<Page<Evaluation>> {
    const { items, next } = pageOf(await selectEvaluations(tx, scope, inbox, page), page, ({ id }) => [id]);
    const isSeen = ({ messageUuid, labels }: FoundEvaluation) =>
      messageUuid === null || mayReadOf(actor, labels);
    return { items: items.filter(isSeen), next };
  },
});
