import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Rule } from "./rule.ts";
import { selectRules } from "./store.ts";

/** The rules that the key sees, newest first unless `ascending`. */
export const listRules = operation({
  name: "rule.list",
  needs: ["guardrail_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope }, page: PageRequest): Promise<Page<Rule>> {
    return pageOf(await selectRules(tx, scope, page), page, (rule) => [rule.createdAt, rule.id]);
  },
});
