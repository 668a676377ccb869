import type { Scope } from "../../door/access/index.ts";
import { makeValid, type Outcome, type Placed, thingsMade } from "../../door/batch.ts";
import type { Change, Context } from "../../door/context.ts";
import { Failure } from "../../door/failures.ts";
import { type NeedByInput, type Operation, operation } from "../../door/operation.ts";
import { createWebhook, makeWebhooks, shownIn, type Webhook } from "../../notify/webhooks/index.ts";
import { createApiKey, makeNamedApiKeys, type NamedKey } from "../../tenancy/api-keys/index.ts";
import { createInbox, type Inbox, makeInboxes } from "../../tenancy/inboxes/index.ts";
import { createPod, makePods, type Pod } from "../../tenancy/pods/index.ts";
import { type CreateTenants, type InboxPart, type Part, planTenants, type TenantPlan } from "./plan.ts";

export interface TenantOutcome {
  readonly pod: Outcome<Pod>;
  readonly inboxes: readonly {
    readonly inbox: Outcome<Inbox>;
    readonly keys: readonly Outcome<NamedKey>[];
  }[];
  readonly keys: readonly Outcome<NamedKey>[];
  readonly webhooks: readonly Outcome<Webhook>[];
}

/** What creating one of the parts needs, when the batch has a part that needs it. */
function needsOf<Input>(
  { needs }: Pick<Operation<Input, unknown>, "needs">,
  what: string,
  partsOf: (input: CreateTenants) => readonly Input[],
): NeedByInput<CreateTenants>[] {
  return needs.map(({ permission, says, isNeededBy }) => ({
    permission,
    if: (input) => partsOf(input).some(isNeededBy),
    says: says === null ? `when it makes ${what}` : `when it makes ${what} ${says}`,
  }));
}

const inboxesOf = ({ tenants }: CreateTenants) => tenants.flatMap(({ inboxes }) => inboxes);
const keysOf = (input: CreateTenants) => [...input.tenants, ...inboxesOf(input)].flatMap(({ keys }) => keys);

/**
 * Makes tenants, each a pod with inboxes, keys and webhooks, or finds what is there: pods, inboxes and webhooks by their
 * client_ids, keys by their names. All pods, then all inboxes, keys and webhooks come out as if made one after the other;
 * what fails fails alone, and takes with it only what it was to hold.
 */
export const createTenants = operation({
  name: "tenant.create",
  needs: [
    "pod_create",
    ...needsOf(createInbox, "inboxes", inboxesOf),
    ...needsOf(createApiKey, "keys", keysOf),
    // Of keys that are there it tells what reading them would.
    { permission: "api_key_read", if: (input) => keysOf(input).length > 0, says: "when it makes keys" },
    ...needsOf(createWebhook, "webhooks", ({ tenants }) => tenants.flatMap(({ webhooks }) => webhooks)),
  ],
  on: "organization",
  kind: "write",
  isLong: true,
  check: (input: CreateTenants, { installation }) => planTenants(input, installation),
  run: (context, tenants) => makeTenants(context, tenants),
});

/** As createTenants. @param receiptId of who has yet to confirm that the keys' secrets were received; null: nobody has to */
export async function makeTenants(
  context: Context,
  tenants: readonly TenantPlan[],
  receiptId: string | null = null,
): Promise<TenantOutcome[]> {
  const { scope } = context;
  const pods = await makeParts(
    tenants.map(({ pod }) => ({ part: pod, holder: scope })),
    (wanted) =>
      makePods(
        context,
        wanted.map(({ plan }) => plan),
      ),
  );
  const held = tenants.map((tenant) => ({
    ...tenant,
    holder: holderOf(pods(tenant.pod), ({ id }) => scope.narrowToPod(id)),
  }));
  const inboxes = await makeParts(
    held.flatMap(({ holder, ...tenant }) => tenant.inboxes.map((part) => ({ part, holder }))),
    (wanted) => makeInboxes(context, wanted),
  );
  const inboxHolder = (inbox: InboxPart): Holder =>
    holderOf(inboxes(inbox), ({ podId, id }) => scope.narrowToInbox(podId, id));
  const keys = await makeParts(
    held.flatMap(({ holder, ...tenant }) => [
      ...tenant.keys.map((part) => ({ part, holder })),
      ...tenant.inboxes.flatMap((inbox) => inbox.keys.map((part) => ({ part, holder: inboxHolder(inbox) }))),
    ]),
    (wanted) => makeNamedApiKeys(context, wanted, receiptId),
  );
  const webhooks = await makeParts(
    held.flatMap(({ holder, ...tenant }) => tenant.webhooks.map((part) => ({ part, holder }))),
    async (wanted) => (await makeWebhooks(context, wanted)).map((outcome) => shownIn(context, outcome)),
  );
  const outcomes = tenants.map((tenant) => ({
    pod: pods(tenant.pod),
    inboxes: tenant.inboxes.map((inbox) => ({ inbox: inboxes(inbox), keys: inbox.keys.map(keys) })),
    keys: tenant.keys.map(keys),
    webhooks: tenant.webhooks.map(webhooks),
  }));
  context.changed(outcomes.flatMap(changesOf));
  return outcomes;
}

/** What a part is made in; the Failure for which there is none. */
type Holder = Scope | Failure;

function holderOf<Thing>(outcome: Outcome<Thing>, narrow: (thing: Thing) => Scope): Holder {
  return outcome.kind === "failed" ? outcome.failure : narrow(outcome.thing);
}

/** @returns the outcome of each part */
async function makeParts<Plan, Thing>(
  held: readonly { readonly part: Part<Plan>; readonly holder: Holder }[],
  make: (wanted: readonly Placed<Plan>[]) => Promise<readonly Outcome<Thing>[]>,
): Promise<(part: Part<Plan>) => Outcome<Thing>> {
  const wanted = held.map(({ part: { plan }, holder }) => {
    if (holder instanceof Failure) return holder;
    return plan instanceof Failure ? plan : { scope: holder, plan };
  });
  const outcomes = await makeValid(wanted, make);
  const byPart = new Map(held.map(({ part }, index) => [part, outcomes[index]]));
  return (part) => {
    const outcome = byPart.get(part);
    if (outcome === undefined) throw new Error("a part was overlooked");
    return outcome;
  };
}

/** The rows that the single creates leave for what was made; what was found was not changed. */
function changesOf({ pod, inboxes, keys, webhooks }: TenantOutcome): Change[] {
  const allKeys = [...keys, ...inboxes.flatMap((inbox) => inbox.keys)];
  return [
    ...thingsMade([pod]).map(({ id }) => ({ operation: createPod.name, target: id })),
    ...thingsMade(inboxes.map(({ inbox }) => inbox)).map(({ podId, address }) => ({
      operation: createInbox.name,
      podId,
      target: address,
    })),
    ...thingsMade(allKeys).map(({ key: { id, podId, inboxId } }) => ({
      operation: createApiKey.name,
      ...(podId !== null && { podId }),
      inboxId,
      target: id,
    })),
    ...thingsMade(webhooks).map(({ id, podId }) => ({
      operation: createWebhook.name,
      ...(podId !== null && { podId }),
      target: id,
    })),
  ];
}
