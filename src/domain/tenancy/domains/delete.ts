import { operation } from "../../door/operation.ts";
import { deleteClaim } from "../client-ids/index.ts";
import { type NamedDomain, requireDomainToChange } from "./find.ts";
import { deleteDomains } from "./store.ts";

/** Gives a domain up, with its DKIM key. Inboxes on it keep their mail (contract 7.6). */
export const deleteDomain = operation({
  name: "domain.delete",
  needs: ["domain_delete"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, input: NamedDomain): Promise<void> {
    const { tx, scope } = context;
    const found = await requireDomainToChange(context, input);
    await deleteClaim(tx, scope, found.id);
    await deleteDomains(tx, scope, [found.id]);
  },
});
