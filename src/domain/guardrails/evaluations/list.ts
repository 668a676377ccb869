import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Evaluation } from "./evaluation.ts";
import { selectEvaluations } from "./store.ts";

/**
 * What rules made of the mail of the inbox, newest first. It names who wrote to it and whom it wrote to, also of mail that was refused:
 * so it needs the permission to read mail as well.
 */
export const listEvaluations = operation({
  name: "rule_evaluation.list",
  needs: ["guardrail_read", "message_read"],
  on: "inbox",
  kind: "read",
  async run({ tx, scope, inbox }, page: PageRequest): Promise<Page<Evaluation>> {
    return pageOf(await selectEvaluations(tx, scope, inbox, page), page, ({ id }) => [id]);
  },
});
