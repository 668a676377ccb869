import { operation } from "../../door/operation.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { type NamedDomain, required } from "./find.ts";
import { findDomain } from "./store.ts";

/** One domain, by its name in any case or by its id, with the records it needs. */
export const getDomain = operation({
  name: "domain.get",
  needs: ["domain_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, input: NamedDomain): Promise<DescribedDomain> {
    const { tx, scope } = context;
    return describe(context, await required(input, (wanted) => findDomain(tx, scope, wanted)));
  },
});
