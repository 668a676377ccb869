import { type Outcome, single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { checkAppPassword, storeAppPassword } from "./app-password.ts";
import type { Inbox } from "./inbox.ts";
import { makeInboxes } from "./make.ts";
import { type Place, placeOf } from "./place.ts";
import { type CreateInbox, planInbox } from "./plan.ts";

export interface NewInbox extends CreateInbox, Place {
  /** Opens IMAP and submission to the inbox. */
  readonly appPassword?: string;
}

/**
 * Makes an inbox in the target pod (see Place when none is named), or gives back the one that already has the
 * `clientId`. Fails with inbox.taken and three free names when the address exists anywhere in the installation.
 */
export const createInbox = operation({
  name: "inbox.create",
  needs: ["inbox_create"],
  on: "any",
  kind: "write",
  fails: ["inbox.taken", "domain.not_verified", "domain.subdomains_disabled", "limit.exceeded"],
  check: (input: NewInbox, { installation }) => ({
    plan: planInbox(input, installation),
    place: input,
    appPassword: input.appPassword === undefined ? null : checkAppPassword(input.appPassword),
  }),
  async run(context, { plan, place, appPassword }): Promise<Inbox> {
    const scope = await placeOf(context, place, plan);
    const [outcome] = await makeInboxes(context, [{ scope, plan }]);
    const inbox = single(outcome === undefined ? [] : [outcome]);
    context.changed([{ podId: inbox.podId, target: inbox.address }]);
    if (appPassword !== null && isNew(outcome)) await storeAppPassword(context, inbox, appPassword);
    return inbox;
  },
});

const isNew = (outcome: Outcome<Inbox> | undefined): boolean => outcome?.kind === "made";
