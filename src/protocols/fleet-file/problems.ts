/** What is wrong with a fleet beyond its shape: addresses that cannot be, or that two inboxes would have, and names used twice. */
import { canonicalAddress, isDomainName, isHeaderSafe, isUsername } from "../address/address.ts";
import { checkTargetUrl } from "../http/target-url.ts";
import type { FleetDefaults, FleetDocument, FleetInbox, FleetTenant } from "./document.ts";
import { addressFor, forTenant, namesTenant } from "./expand.ts";
import { MAX_METADATA_LENGTH, MAX_NAME_LENGTH, MAX_OBJECTS, MAX_PROBLEMS } from "./limits.ts";

/** A place in a document: keys and indexes from its root. */
export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** A sentence without its subject, which the path names, and without a full stop. */
  readonly says: string;
  /** Another place that has to do with it, such as the first of two that are alike. */
  readonly also?: Path;
}

export interface Problems {
  /** In the order of the document, MAX_PROBLEMS at most. */
  readonly shown: readonly Problem[];
  /** All that were found. */
  readonly count: number;
}

/** @param document that has its shape. Bounded by MAX_OBJECTS; what it needs grows with the number of inboxes */
export function problemsOf({ defaults = {}, tenants }: FleetDocument): Problems {
  const search = new ProblemSearch(defaults);
  search.look(tenants, 0);
  return search.end();
}

/** As problemsOf, some tenants at a time. */
export class ProblemSearch {
  readonly #defaults: FleetDefaults;
  readonly #shown: Problem[] = [];
  #count = 0;
  readonly #slugs = new Map<string, number>();
  readonly #addresses = new Map<string, Path>();
  #objects = 0;

  constructor(defaults: FleetDefaults) {
    this.#defaults = defaults;
    // What is wrong with the defaults is wrong for every tenant: it is said once.
    checkFields(defaults, ["defaults"], this.#add);
  }

  /** @param from index of the first of these tenants in the document */
  look(tenants: readonly FleetTenant[], from: number): void {
    for (const [at, tenant] of tenants.entries()) {
      const index = from + at;
      const path = ["tenants", index];
      const first = this.#slugs.get(tenant.slug);
      if (first !== undefined) {
        this.#add([...path, "slug"], "is there twice", ["tenants", first, "slug"]);
        continue;
      }
      this.#slugs.set(tenant.slug, index);
      checkFields(tenant, path, this.#add);
      this.#objects += checkTenant(this.#defaults, tenant, path, this.#addresses, this.#add);
    }
  }

  end(): Problems {
    if (this.#objects > MAX_OBJECTS)
      this.#add(
        ["tenants"],
        `come to ${this.#objects} pods, inboxes, keys and webhooks: ${MAX_OBJECTS} are allowed`,
      );
    return { shown: this.#shown, count: this.#count };
  }

  readonly #add: Add = (path, says, also) => {
    this.#count++;
    if (this.#shown.length < MAX_PROBLEMS) this.#shown.push({ path, says, ...(also && { also }) });
  };
}

type Add = (path: Path, says: string, also?: Path) => void;

/** What can be said of fields without knowing the tenant. */
function checkFields(fields: FleetDefaults, path: Path, add: Add): void {
  unique(fields.inboxes ?? [], "role", [...path, "inboxes"], add);
  unique(fields.webhooks ?? [], "name", [...path, "webhooks"], add);
  unique(fields.keys ?? [], "name", [...path, "keys"], add);
  const names = (fields.rules ?? []).map((name) => ({ name }));
  unique(names, "name", [...path, "rules"], add, false);
  for (const [index, inbox] of (fields.inboxes ?? []).entries()) {
    unique(inbox.keys ?? [], "name", [...path, "inboxes", index, "keys"], add);
    const at = [...path, "inboxes", index, "address"];
    if (!inbox.address.includes("@")) add(at, "is no address: it has no @");
    else if (otherPlaceholder(inbox.address)) add(at, "may hold {tenant}, and no other braces");
  }
  for (const [index, { url }] of (fields.webhooks ?? []).entries())
    if (otherPlaceholder(url))
      add([...path, "webhooks", index, "url"], "may hold {tenant}, and no other braces");
}

const otherPlaceholder = (text: string): boolean => /[{}]/.test(forTenant(text, ""));

function unique<Key extends string>(
  entries: readonly Readonly<Record<Key, string>>[],
  key: Key,
  path: Path,
  add: Add,
  hasKey = true,
): void {
  const first = new Map<string, Path>();
  for (const [index, entry] of entries.entries()) {
    const at = hasKey ? [...path, index, key] : [...path, index];
    const before = first.get(entry[key]);
    if (before !== undefined) add(at, "is there twice", before);
    else first.set(entry[key], at);
  }
}

/** What comes of the fields with the tenant's slug in them. @returns how many objects the tenant is */
function checkTenant(
  defaults: FleetDefaults,
  tenant: FleetTenant,
  path: Path,
  addresses: Map<string, Path>,
  add: Add,
): number {
  const inboxes = tenant.inboxes ?? defaults.inboxes;
  if (inboxes === undefined)
    add(path, "has no inboxes: give it some, or defaults.inboxes, or [] for a pod without any");
  const webhooks = tenant.webhooks ?? defaults.webhooks ?? [];
  const slugPath = [...path, "slug"];
  for (const [index, inbox] of (inboxes ?? []).entries()) {
    const own = tenant.inboxes === undefined ? slugPath : [...path, "inboxes", index, "address"];
    checkAddress(inbox, tenant.slug, own, addresses, add);
    checkTexts(defaults, tenant, inbox, slugPath, add);
  }
  for (const [index, { url }] of webhooks.entries()) {
    if (otherPlaceholder(url)) continue;
    const check = checkTargetUrl(forTenant(url, encodeURIComponent(tenant.slug)), true);
    const own = tenant.webhooks === undefined ? slugPath : [...path, "webhooks", index, "url"];
    if (!check.ok) add(own, `makes the webhook URL ${url} wrong: ${check.why}`);
  }
  const keys = (inboxes ?? []).reduce((sum, inbox) => sum + (inbox.keys?.length ?? 0), 0);
  const ownKeys = (tenant.keys ?? defaults.keys ?? []).length;
  return 1 + (inboxes?.length ?? 0) + keys + ownKeys + webhooks.length;
}

function checkAddress(
  { address: pattern, role }: FleetInbox,
  slug: string,
  path: Path,
  addresses: Map<string, Path>,
  add: Add,
): void {
  if (!pattern.includes("@") || otherPlaceholder(pattern)) return;
  const why = whyNotAddress(forTenant(pattern, slug));
  if (why !== null) {
    add(path, `makes the address ${forTenant(pattern, slug)}, ${why}`);
    return;
  }
  const address = addressFor(pattern, slug);
  const before = addresses.get(address);
  if (before === undefined) addresses.set(address, path);
  else
    add(
      path,
      namesTenant(pattern)
        ? `makes the address ${address}, which another inbox has already`
        : `has the address ${address} for ${role}, which another tenant has: put {tenant} into it`,
      before,
    );
}

/** Octets of a local part (RFC 5321 section 4.5.3.1.1). */
const MAX_LOCAL_PART = 64;

/** Null for an address that an inbox may have. */
function whyNotAddress(text: string): string | null {
  const local = text.slice(0, text.lastIndexOf("@")).toLowerCase();
  const canonical = canonicalAddress(text);
  const domain = canonical.slice(canonical.lastIndexOf("@") + 1);
  const octets = Buffer.byteLength(local);
  if (octets > MAX_LOCAL_PART) return `whose local part has ${octets} octets: ${MAX_LOCAL_PART} are allowed`;
  if (local.includes("+")) return "whose + begins a plus-tag, which is not part of an inbox's own address";
  if (!isUsername(local))
    return "whose local part may hold a-z 0-9 . _ - alone, without a dot at an end or two in a row";
  if (!isDomainName(domain)) return "whose domain is none";
  return null;
}

/** Texts that grow with the slug. */
function checkTexts(
  defaults: FleetDefaults,
  tenant: FleetTenant,
  inbox: FleetInbox,
  path: Path,
  add: Add,
): void {
  const shown = inbox.display_name ?? tenant.display_name ?? defaults.display_name ?? "";
  const name = forTenant(shown, tenant.slug);
  if (name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    add(
      path,
      `makes the display name of ${inbox.role} longer than ${MAX_NAME_LENGTH} characters, or not one line`,
    );
  const metadata = inbox.metadata ?? tenant.metadata ?? defaults.metadata ?? {};
  for (const [key, value] of Object.entries(metadata))
    if (typeof value === "string" && forTenant(value, tenant.slug).length > MAX_METADATA_LENGTH)
      add(
        path,
        `makes ${key} in the metadata of ${inbox.role} longer than ${MAX_METADATA_LENGTH} characters`,
      );
}
