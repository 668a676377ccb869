/** Makes what is not there of a batch of tenants, by the creates that every noun has. */
import type { DesiredInbox, DesiredKey, DesiredTenant } from "../../../protocols/fleet-file/index.ts";
import type { Outcome } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { isEventType } from "../../door/events.ts";
import { addWebhooksToReceipt, type CreateApiKey, type NamedKey } from "../../tenancy/api-keys/index.ts";
import { type Change, type Looked, objectKey, permissionsOf, type Resolved } from "../differences/index.ts";
import { makeTenants, type NewTenant, planTenant, type TenantOutcome } from "../tenants/index.ts";
import type { MintedSecret, TenantFailure, WebhookSecret, Written } from "./carry-tenants.ts";

/** A tenant with what of it is to be made. */
interface Making {
  readonly desired: DesiredTenant;
  /** By kind and name. */
  readonly creates: ReadonlyMap<string, Change>;
  readonly inboxes: readonly DesiredInbox[];
  readonly keys: readonly DesiredKey[];
  readonly webhooks: NonNullable<DesiredTenant["webhooks"]>;
}

/** What is resent is found again, as it is. */
const isMaking = ({ action }: Change): boolean => ["create", "replace", "resend"].includes(action);

const nameOf = ({ kind, name }: Pick<Change, "kind" | "name">, address: string | null): string =>
  `${kind} ${address ?? ""} ${name}`;

export async function createObjects(
  context: Context,
  resolved: Resolved,
  looked: readonly Looked[],
  receiptId: string,
): Promise<Omit<Written, "audited">> {
  const making = looked.filter(({ changes }) => changes.some(isMaking)).map(makingOf);
  const results = new Results();
  if (making.length === 0) return results;
  const plans = making.map((one) => planTenant(newTenantOf(one, resolved), context.installation));
  const outcomes = await makeTenants(context, plans, receiptId);
  for (const [index, one] of making.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error("a tenant was overlooked");
    collect(results, one, outcome);
  }
  if (results.webhookSecrets.length > 0)
    context.tx.beforeCommit(
      addWebhooksToReceipt(context.tx, context.scope, receiptId, webhooksOf(making, results)),
    );
  return results;
}

/** Of the webhooks whose secrets are shown, those made now and those shown before. */
function webhooksOf(
  making: readonly Making[],
  { webhookSecrets }: Results,
): { readonly made: readonly string[]; readonly again: readonly string[] } {
  const shown = new Set(
    making.flatMap(({ creates }) =>
      [...creates.values()].flatMap(({ action, objectId }) => (action === "resend" ? (objectId ?? []) : [])),
    ),
  );
  const ids = webhookSecrets.map(({ webhookId }) => webhookId);
  return { made: ids.filter((id) => !shown.has(id)), again: ids.filter((id) => shown.has(id)) };
}

function makingOf({ desired, changes }: Looked): Making {
  const creates = new Map(
    changes
      .filter(isMaking)
      .map((change) => [nameOf(change, change.kind === "key" ? change.address : null), change]),
  );
  const isKeyMade = (inbox: DesiredInbox | null, key: DesiredKey): boolean =>
    creates.has(keyName(inbox, key));
  return {
    desired,
    creates,
    // An inbox that is there is found again, for the keys to it.
    inboxes: desired.inboxes
      .map((inbox) => ({ ...inbox, keys: (inbox.keys ?? []).filter((key) => isKeyMade(inbox, key)) }))
      .filter(
        ({ role, keys }) => keys.length > 0 || creates.has(nameOf({ kind: "inbox", name: role }, null)),
      ),
    keys: (desired.keys ?? []).filter((key) => isKeyMade(null, key)),
    webhooks: (desired.webhooks ?? []).filter(({ name }) =>
      creates.has(nameOf({ kind: "webhook", name }, null)),
    ),
  };
}

const keyName = (inbox: DesiredInbox | null, { name }: DesiredKey): string =>
  inbox === null
    ? nameOf({ kind: "key", name }, null)
    : nameOf({ kind: "key", name: `${inbox.role}/${name}` }, inbox.address);

function newTenantOf({ desired, inboxes, keys, webhooks }: Making, resolved: Resolved): NewTenant {
  const { slug, name = slug, policy, rules } = desired;
  return {
    pod: {
      clientId: slug,
      name,
      ...(policy !== undefined && { policyId: resolved.policyId(policy) }),
      ...(rules !== undefined && { ruleIds: rules.flatMap((rule) => resolved.ruleId(rule) ?? []) }),
    },
    inboxes: inboxes.map(({ role, address, displayName, metadata, keys: own = [] }) => ({
      clientId: role,
      address,
      ...(displayName !== undefined && { displayName }),
      ...(metadata !== undefined && { metadata }),
      keys: own.map(newKeyOf),
    })),
    keys: keys.map(newKeyOf),
    webhooks: webhooks.map(({ name: clientId, url, eventTypes }) => ({
      clientId,
      url,
      eventTypes: eventTypes.filter(isEventType),
      podIds: [],
      inboxIds: [],
    })),
  };
}

const newKeyOf = (key: DesiredKey): CreateApiKey => ({ name: key.name, permissions: permissionsOf(key) });

/** What became of creates, gathered tenant by tenant. */
class Results {
  readonly failures: TenantFailure[] = [];
  readonly secrets: MintedSecret[] = [];
  readonly webhookSecrets: WebhookSecret[] = [];
  readonly ids = new Map<string, Map<string, string>>();

  /** @returns the thing, or null for one that failed, which is noted */
  take<Thing>(slug: string, change: Change | undefined, outcome: Outcome<Thing>): Thing | null {
    if (outcome.kind !== "failed") return outcome.thing;
    this.failures.push({ slug, change: change ?? null, failure: outcome.failure });
    return null;
  }

  note(slug: string, key: string, id: string): void {
    const ids = this.ids.get(slug) ?? new Map<string, string>();
    this.ids.set(slug, ids);
    ids.set(key, id);
  }
}

function collect(results: Results, making: Making, outcome: TenantOutcome): void {
  const { desired, creates, inboxes, keys, webhooks } = making;
  const { slug } = desired;
  const pod = results.take(slug, creates.get(nameOf({ kind: "pod", name: slug }, null)), outcome.pod);
  if (pod === null) return;
  results.note(slug, objectKey.pod, pod.id);
  for (const [index, key] of keys.entries())
    collectKey(results, making, { inbox: null, key, outcome: outcome.keys[index] });
  for (const [index, inbox] of inboxes.entries()) {
    const made = outcome.inboxes[index];
    if (made === undefined) throw new Error("an inbox was overlooked");
    const change = creates.get(nameOf({ kind: "inbox", name: inbox.role }, null));
    const there = results.take(slug, change, made.inbox);
    if (there === null) continue;
    results.note(slug, objectKey.inbox(inbox.role), there.id);
    for (const [at, key] of (inbox.keys ?? []).entries())
      collectKey(results, making, { inbox, key, outcome: made.keys[at] });
  }
  for (const [index, { name }] of webhooks.entries()) {
    const made = outcome.webhooks[index];
    if (made === undefined) throw new Error("a webhook was overlooked");
    const webhook = results.take(slug, creates.get(nameOf({ kind: "webhook", name }, null)), made);
    if (webhook === null) continue;
    results.note(slug, objectKey.webhook(name), webhook.id);
    results.webhookSecrets.push({ slug, name, webhookId: webhook.id, secret: webhook.secret });
  }
}

interface KeyMade {
  readonly inbox: DesiredInbox | null;
  readonly key: DesiredKey;
  readonly outcome: Outcome<NamedKey> | undefined;
}

function collectKey(
  results: Results,
  { desired: { slug }, creates }: Making,
  { inbox, key, outcome }: KeyMade,
): void {
  if (outcome === undefined) throw new Error("a key was overlooked");
  const change = creates.get(keyName(inbox, key));
  const made = results.take(slug, change, outcome);
  if (made === null) return;
  results.note(
    slug,
    inbox === null ? objectKey.podKey(key.name) : objectKey.inboxKey(inbox.role, key.name),
    made.key.id,
  );
  if (made.secret === null) return;
  results.secrets.push({
    slug,
    name: inbox === null ? key.name : `${inbox.role}/${key.name}`,
    address: inbox?.address ?? null,
    podId: made.key.podId ?? "",
    keyId: made.key.id,
    secret: made.secret,
  });
}
