/** What the parts of a comparison have in common: how a difference is said, and why there is one. Pure. */
import type { DesiredTenant } from "../../../protocols/fleet-file/index.ts";
import type { Failure } from "../../door/failures.ts";
import { type Change, type ChangeCause, type ChangeDraft, changeOf, saysOf, whyOf } from "./change.ts";
import type { Found, LiveInbox, LiveTenant } from "./live.ts";

/** What keeps a tenant from becoming what it is to be. */
export interface Problem {
  readonly failure: Failure;
  /** The change that cannot be made; null: it is about the tenant. */
  readonly changeId: string | null;
  readonly kind: Change["kind"];
  readonly name: string;
}

/** What a part of the comparison has to go on. */
export interface Comparing {
  readonly desired: DesiredTenant;
  readonly found: Found;
  readonly changes: Change[];
  readonly problems: Problem[];
}

/**
 * Why something differs. An object that the fleet made, and of which the document says what it said then, was changed by somebody
 * else.
 * @param says what the document says of the object
 */
export function causeOf({ found: { mark } }: Comparing, key: string, says: unknown): ChangeCause {
  const before = mark?.objects[key];
  if (before === undefined) return "new";
  return before.says === saysOf(says) ? "drift" : "file";
}

/** Adds that something is not there. @returns the change */
export function addCreate(
  comparing: Comparing,
  key: string,
  draft: Pick<ChangeDraft, "kind" | "name" | "address">,
): Change {
  const { mark } = comparing.found;
  const before = mark?.objects[key];
  const cause: ChangeCause = before === undefined ? "new" : "drift";
  const change = changeOf({
    ...draft,
    action: "create",
    tenant: comparing.desired.slug,
    objectId: null,
    cause,
    why:
      before === undefined
        ? "the document has it, and the fleet has not made it yet"
        : "the fleet made it, and it is not there any more",
  });
  comparing.changes.push(change);
  return change;
}

/** Adds that something is there which the fleet did not make. */
export function addAdopt(
  { found: { mark }, changes, desired: { slug } }: Comparing,
  key: string,
  draft: Pick<ChangeDraft, "kind" | "name" | "address" | "objectId">,
): void {
  if (mark?.objects[key]?.id === draft.objectId) return;
  changes.push(
    changeOf({
      ...draft,
      action: "adopt",
      tenant: slug,
      cause: "new",
      why: "it is there under this name, and the fleet did not make it",
    }),
  );
}

/** Adds what differs between an object and what the document says of it, if anything does. */
export function addUpdate(
  comparing: Comparing,
  key: string,
  says: unknown,
  draft: Pick<ChangeDraft, "kind" | "name" | "address" | "objectId"> & {
    readonly fields: NonNullable<ChangeDraft["fields"]>;
  },
): void {
  if (draft.fields.length === 0) return;
  const cause = causeOf(comparing, key, says);
  comparing.changes.push(
    changeOf({
      ...draft,
      action: "update",
      tenant: comparing.desired.slug,
      cause,
      why: whyOf(draft.fields, cause === "drift"),
    }),
  );
}

/** The fields that a document mentions and that differ. */
export const differing = (
  fields: readonly (readonly [field: string, from: unknown, to: unknown])[],
): NonNullable<ChangeDraft["fields"]> =>
  fields.flatMap(([field, from, to]) =>
    to === undefined || JSON.stringify(from) === JSON.stringify(to) ? [] : [{ field, from, to }],
  );

/** Inboxes by their roles. */
export const byRole = (live: LiveTenant | null): ReadonlyMap<string | null, LiveInbox> =>
  new Map((live?.inboxes ?? []).map((inbox) => [inbox.role, inbox]));
