import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Policy } from "./policy.ts";
import { findAttachedPolicy, selectPolicies } from "./store.ts";

/** Policies, newest first unless `ascending`. A key of a pod or an inbox sees the one that is attached to its pod. */
export const listPolicies = operation({
  name: "policy.list",
  needs: ["guardrail_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope, installation }, page: PageRequest): Promise<Page<Policy>> {
    const { limits } = installation;
    if (scope.podId === null)
      return pageOf(await selectPolicies(tx, scope, page, limits), page, ({ createdAt, id }) => [
        createdAt,
        id,
      ]);
    const attached = await findAttachedPolicy(tx, scope, scope.podId, limits);
    return { items: attached === null || page.after !== null ? [] : [attached], next: null };
  },
});
