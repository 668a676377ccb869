import { parseAddress } from "../../../protocols/address/index.ts";
import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { findUnusable, isHostedDomain } from "./usable.ts";

export interface Detected {
  readonly address: string;
  /** True when its domain is the installation's own, or one that inboxes of the target may have. */
  readonly isHosted: boolean;
}

/** Whether an address is, or could be, an inbox of this server that the target reaches. */
export const detectHost = operation({
  name: "domain.detect",
  needs: ["inbox_read"],
  on: "any",
  kind: "read",
  check({ address }: { readonly address: string }) {
    const parsed = parseAddress(address);
    if (parsed === null)
      throw invalid(
        ["address"],
        says`Invalid ${field("address")}`,
        "Give one address such as ada@mail.example.com.",
      );
    return { address, domain: parsed.address.slice(parsed.address.lastIndexOf("@") + 1).toLowerCase() };
  },
  async run(context, { address, domain }): Promise<Detected> {
    const { tx, scope, installation } = context;
    if (domain === installation.domain) return { address, isHosted: true };
    const { podId } = scope;
    if (podId === null) return { address, isHosted: await isHostedDomain(tx, scope, domain) };
    const whyNot = await findUnusable(context, [{ podId, domain }]);
    return { address, isHosted: whyNot(podId, domain) === null };
  },
});
