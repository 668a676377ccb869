import { operation } from "../../door/operation.ts";
import { required } from "./find.ts";
import { lockDomain, updateDomainRow } from "./store.ts";

/**
 * Asks for the domain to be verified: it is PENDING from then on. Nothing looks the records up in this version, so it
 * stays so. Asking again changes nothing.
 */
export const verifyDomain = operation({
  name: "domain.verify",
  needs: ["domain_update"],
  on: "any",
  kind: "write",
  async run(context, input: { domain: string }): Promise<void> {
    const { tx, scope } = context;
    const found = await required(input.domain, (name) => lockDomain(tx, scope, name));
    context.target(found.domain);
    if (found.status === "NOT_STARTED")
      await updateDomainRow(tx, scope, { ...found, status: "PENDING", updatedAt: context.now });
  },
});
