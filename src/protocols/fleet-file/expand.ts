/** A tenant as it is to be: defaults and its own fields together, with its slug in place of `{tenant}`. */
import { canonicalAddress } from "../address/address.ts";
import type { FleetDocument, FleetInbox, FleetTenant } from "./document.ts";
import { DEFAULT_GRACE_DAYS } from "./limits.ts";

type Metadata = Readonly<Record<string, string | number | boolean>>;

export interface DesiredKey {
  readonly name: string;
  /** Absent: all that its scope allows. */
  readonly permissions?: Readonly<Record<string, boolean>>;
}

export interface DesiredInbox {
  /** Its client_id, unique in the tenant. */
  readonly role: string;
  /** In its canonical form. */
  readonly address: string;
  readonly displayName?: string;
  readonly metadata?: Metadata;
  /** Absent: its keys are not the fleet's. */
  readonly keys?: readonly DesiredKey[];
}

export interface DesiredWebhook {
  /** Its client_id, unique in the tenant. */
  readonly name: string;
  readonly url: string;
  readonly eventTypes: readonly string[];
}

/** What is absent is not the fleet's: it is neither set, beyond what a create needs, nor compared. */
export interface DesiredTenant {
  /** Its pod's client_id. */
  readonly slug: string;
  readonly name?: string;
  /** Name, or id, of a policy; null: none is to be attached. */
  readonly policy?: string | null;
  /** Names, or ids, of rules in their order. */
  readonly rules?: readonly string[];
  readonly inboxes: readonly DesiredInbox[];
  /** To the pod. */
  readonly keys?: readonly DesiredKey[];
  readonly webhooks?: readonly DesiredWebhook[];
}

const PLACEHOLDER = "{tenant}";

export const namesTenant = (text: string): boolean => text.includes(PLACEHOLDER);

/** The text with the slug in place of each `{tenant}`. */
export const forTenant = (text: string, slug: string): string => text.replaceAll(PLACEHOLDER, () => slug);

/** Days between suspension and deletion. */
export const graceDaysOf = ({ removal }: Pick<FleetDocument, "removal">): number =>
  removal?.grace_days ?? DEFAULT_GRACE_DAYS;

/**
 * Pure and cheap, so that a large fleet can be expanded tenant by tenant.
 * @param tenant of the document, which `problemsOf` has found nothing wrong with
 */
export function expandTenant(
  { defaults = {} }: Pick<FleetDocument, "defaults">,
  tenant: FleetTenant,
): DesiredTenant {
  const { slug, name, policy, rules, keys, webhooks, inboxes, ...shared } = {
    ...defaults,
    ...present(tenant),
  };
  return {
    slug,
    ...(name !== undefined && { name: forTenant(name, slug) }),
    ...(policy !== undefined && { policy }),
    ...(rules !== undefined && { rules }),
    inboxes: (inboxes ?? []).map((inbox) => expandInbox(slug, { ...shared, ...present(inbox) })),
    ...(keys !== undefined && { keys: keys.map(keyOf) }),
    ...(webhooks !== undefined && {
      webhooks: webhooks.map(({ name: own, url, event_types: eventTypes }) => ({
        name: own,
        url: forTenant(url, encodeURIComponent(slug)),
        eventTypes,
      })),
    }),
  };
}

function expandInbox(slug: string, inbox: FleetInbox): DesiredInbox {
  const { role, address, display_name: displayName, metadata, keys } = inbox;
  return {
    role,
    address: addressFor(address, slug),
    ...(displayName !== undefined && { displayName: forTenant(displayName, slug) }),
    ...(metadata !== undefined && { metadata: metadataFor(metadata, slug) }),
    ...(keys !== undefined && { keys: keys.map(keyOf) }),
  };
}

/** The address of a pattern, in its canonical form. */
export const addressFor = (pattern: string, slug: string): string =>
  canonicalAddress(forTenant(pattern, slug));

const metadataFor = (metadata: Metadata, slug: string): Metadata =>
  Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === "string" ? forTenant(value, slug) : value,
    ]),
  );

const keyOf = ({ name, permissions }: NonNullable<FleetInbox["keys"]>[number]): DesiredKey => ({
  name,
  ...(permissions !== undefined && { permissions }),
});

/** Without what is undefined, which would replace a default. */
const present = <Fields extends object>(fields: Fields): Fields =>
  // Cast: an optional field that is undefined is an absent one.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
