/**
 * Makes tenants what they are to be: all of a tenant or nothing. Sets of objects in a fixed number of statements; one tenant that
 * fails fails alone, and what was written of it is undone with the rest of its batch, which then goes again without it.
 */
import type { Change as Audited, Context } from "../../door/context.ts";
import type { Failure } from "../../door/failures.ts";
import type { Change, Looked, Resolved } from "../differences/index.ts";
import { changeObjects } from "./carry-changes.ts";
import { createObjects } from "./carry-creates.ts";
import { saveMarks } from "./mark-store.ts";
import { marksOf } from "./marks.ts";

/** A key that was made, with its secret, which nothing else has. */
export interface MintedSecret {
  readonly slug: string;
  /** `role/name` for a key to an inbox. */
  readonly name: string;
  readonly address: string | null;
  readonly podId: string;
  readonly keyId: string;
  readonly secret: string;
}

/** An endpoint that was made, with what its deliveries are signed with. */
export interface WebhookSecret {
  readonly slug: string;
  readonly name: string;
  readonly webhookId: string;
  readonly secret: string;
}

export interface TenantFailure {
  readonly slug: string;
  /** Null: it is about the tenant. */
  readonly change: (Pick<Change, "kind" | "name"> & { readonly id: string | null }) | null;
  readonly failure: Failure;
}

/** What became of objects of a batch. */
export interface Written {
  readonly failures: readonly TenantFailure[];
  readonly audited: readonly Audited[];
  readonly secrets: readonly MintedSecret[];
  readonly webhookSecrets: readonly WebhookSecret[];
  /** Ids of objects made, by slug and the object's key. */
  readonly ids: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface Carried extends Omit<Written, "audited" | "ids"> {
  readonly applied: readonly Change[];
}

/** @param receiptId that the client confirms with when it has the secrets */
export async function carryOutTenants(
  context: Context,
  resolved: Resolved,
  looked: readonly Looked[],
  receiptId: string,
): Promise<Carried> {
  const failures: TenantFailure[] = [];
  let open = looked.filter(({ changes, problems }) => problems.length === 0 && changes.some(isApplied));
  // Each round without what failed in the one before: as many as there are tenants at most.
  while (open.length > 0) {
    const batch = open;
    const written = await context.tx.undoable(async () => {
      const value = await write(context, resolved, batch, receiptId);
      return { keep: value.failures.length === 0, value };
    });
    if (written.failures.length === 0) return keep(context, batch, written, failures);
    failures.push(...firstOfEach(written.failures));
    const failed = new Set(failures.map(({ slug }) => slug));
    open = batch.filter(({ desired: { slug } }) => !failed.has(slug));
  }
  return { applied: [], failures, secrets: [], webhookSecrets: [] };
}

/** One that is reported only, an apply does not touch. */
export const isApplied = ({ action }: Change): boolean => action !== "keep";

const firstOfEach = (failures: readonly TenantFailure[]): TenantFailure[] => [
  ...new Map(failures.toReversed().map((failure) => [failure.slug, failure])).values(),
];

async function write(
  given: Context,
  resolved: Resolved,
  looked: readonly Looked[],
  receiptId: string,
): Promise<Written> {
  // What is undone was not changed: the creates' own rows of the audit come back with what they made.
  const audited: Audited[] = [];
  const context: Context = { ...given, changed: (changes) => void audited.push(...changes) };
  const changed = await changeObjects(context, resolved, looked);
  const created = await createObjects(context, resolved, looked, receiptId);
  return {
    ...created,
    failures: [...changed.failures, ...created.failures],
    audited: [...audited, ...changed.audited],
  };
}

async function keep(
  context: Context,
  looked: readonly Looked[],
  { audited, ids, secrets, webhookSecrets }: Written,
  failures: readonly TenantFailure[],
): Promise<Carried> {
  context.changed(audited);
  context.tx.beforeCommit(saveMarks(context.tx, context.scope, marksOf(looked, ids, context.now)));
  const applied = looked.flatMap(({ changes }) => changes.filter(isApplied));
  return { applied, failures, secrets, webhookSecrets };
}
