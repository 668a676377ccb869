import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Domain } from "./domain.ts";
import { listDomains as selectDomains } from "./store.ts";

/** The target's domains, newest first unless `ascending`. A pod does not see those of the whole organization. */
export const listDomains = operation({
  name: "domain.list",
  needs: ["domain_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope }, page: PageRequest): Promise<Page<Domain>> {
    return pageOf(await selectDomains(tx, scope, page), page, (domain) => [domain.createdAt, domain.id]);
  },
});
