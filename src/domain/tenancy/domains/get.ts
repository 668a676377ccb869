import { operation } from "../../door/operation.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { type NamedDomain, requireDomain } from "./find.ts";

/** One domain, by its name in any case or by its id, with the records it needs. */
export const getDomain = operation({
  name: "domain.get",
  needs: ["domain_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, input: NamedDomain): Promise<DescribedDomain> {
    return describe(context, await requireDomain(context, input));
  },
});
