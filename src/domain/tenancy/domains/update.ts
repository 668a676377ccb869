import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { type NamedDomain, requireDomainToChange } from "./find.ts";
import { checkName } from "./name.ts";
import { updateDomainRow } from "./store.ts";

export interface UpdateDomain {
  readonly domain: string;
  readonly feedbackEnabled?: boolean;
  readonly subdomainsEnabled?: boolean;
  readonly trackingEnabled?: boolean;
  readonly inboundEnabled?: boolean;
}

/** Changes a domain's switches; one of them must be given (contract 6.5). A verified domain goes on sending and receiving while the record that a switch adds is awaited. */
export const updateDomain = operation({
  name: "domain.update",
  needs: ["domain_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  check({ domain, ...switches }: UpdateDomain) {
    if (Object.keys(switches).length === 0)
      throw invalid(
        [],
        says`${field("feedbackEnabled")}, ${field("subdomainsEnabled")}, ${field("trackingEnabled")} or ${field("inboundEnabled")} must be specified`,
      );
    return { domain, switches };
  },
  async run(context, { domain, switches }): Promise<DescribedDomain> {
    const { tx, scope } = context;
    const found = await requireDomainToChange(context, { domain });
    const changed = { ...found, ...switches, updatedAt: context.now };
    await updateDomainRow(tx, scope, changed);
    return describe(context, changed);
  },
});

/** Changes what people call a domain; without a name nothing. */
export const renameDomain = operation({
  name: "domain.rename",
  needs: ["domain_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  check: ({ name, ...named }: NamedDomain & { readonly name?: string }) => ({
    named,
    name: name === undefined ? null : checkName(name),
  }),
  async run(context, { named, name }): Promise<DescribedDomain> {
    const { tx, scope, now } = context;
    const found = await requireDomainToChange(context, named);
    if (name === null) return describe(context, found);
    const changed = { ...found, name, updatedAt: now };
    await updateDomainRow(tx, scope, changed);
    return describe(context, changed);
  },
});
