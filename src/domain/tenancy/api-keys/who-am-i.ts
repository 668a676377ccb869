import type { ScopeLevel } from "../../door/access/index.ts";
import { operation } from "../../door/operation.ts";
import { findInboxAddress } from "../inboxes/index.ts";

export interface Identity {
  readonly level: ScopeLevel;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly inboxAddress: string | null;
  readonly keyId: string | null;
}

/** What the presented key is: any key may ask. */
export const whoAmI = operation({
  name: "auth.me",
  needs: [],
  on: "any",
  kind: "read",
  async run({ tx, scope, actor }, _input: undefined): Promise<Identity> {
    const { level, organizationId, podId } = scope;
    return {
      level,
      organizationId,
      podId,
      inboxAddress: await findInboxAddress(tx, scope),
      keyId: actor.keyId,
    };
  },
});
