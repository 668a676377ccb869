/** Features of AgentMail's that this server does not have: who may use them is checked, and then says that they are not enabled. */
import type { Permission } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";

const notEnabled = (feature: string, hint: string) =>
  fail("feature.disabled", { message: `${feature} is not enabled for this organization`, hint });

/** A feature as what is asked of it is answered: its name, and what to do without it. */
const features = {
  calendar: { name: "Calendar access", hint: "Inboxes of this server have no calendars." },
} as const;

/** What is asked of an inbox's calendar. Fails with feature.disabled. @param permission that it needs */
export const featureOperation = (feature: keyof typeof features, name: string, permission: Permission) =>
  operation({
    name,
    needs: [permission],
    on: "inbox",
    kind: "read",
    fails: ["feature.disabled"],
    async run(_context, _input: undefined): Promise<never> {
      throw notEnabled(features[feature].name, features[feature].hint);
    },
  });

/** Whether the organization takes part in previews of features. */
export interface Labs {
  readonly isEnabled: boolean;
  readonly enabledAt: Date | null;
  readonly isAvailable: boolean;
}

/** There are no previews here to take part in. */
export const getLabs = operation({
  name: "labs.get",
  needs: ["organization_read"],
  on: "organization",
  kind: "read",
  run: async (_context, _input: undefined): Promise<Labs> => ({
    isEnabled: false,
    enabledAt: null,
    isAvailable: false,
  }),
});

/** Fails with permission.unrestricted_required, else with feature.disabled. */
export const joinLabs = operation({
  name: "labs.join",
  needs: ["organization_read"],
  on: "organization",
  kind: "read",
  fails: ["permission.unrestricted_required", "feature.disabled"],
  async run({ actor }, _input: undefined): Promise<never> {
    if (actor.permissions !== null)
      throw fail("permission.unrestricted_required", {
        message: "Only an unrestricted key may do this",
        hint: "Use a key of the organization without permissions.",
      });
    throw notEnabled("Labs", "This server has no previews of features.");
  },
});
