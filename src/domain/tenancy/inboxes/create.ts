import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import type { Inbox } from "./inbox.ts";
import { makeInboxes } from "./make.ts";
import { type CreateInbox, planInbox } from "./plan.ts";

/**
 * Makes an inbox in the target pod (the Default Pod when none is named), or gives back the one that already has the
 * `clientId`. Fails with inbox.taken and three free names when the address exists anywhere in the installation.
 */
export const createInbox = operation({
  name: "inbox.create",
  needs: ["inbox_create"],
  on: "any",
  kind: "write",
  fails: ["inbox.taken", "domain.not_verified", "domain.subdomains_disabled"],
  check: (input: CreateInbox, { installation }) => planInbox(input, installation),
  async run(context, plan): Promise<Inbox> {
    const inbox = single(await makeInboxes(context, [{ scope: context.scope, plan }]));
    context.target(inbox.address);
    return inbox;
  },
});
