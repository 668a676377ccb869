/** Keys of a tenant, by their names: to its pod and to its inboxes. */
import type { DesiredKey } from "../../../protocols/fleet-file/index.ts";
import type { PermissionSet } from "../../door/access/index.ts";
import { changeOf, objectKey } from "./change.ts";
import { addCreate, addUpdate, byRole, type Comparing, differing } from "./comparing.ts";
import { permissionsOf } from "./desired.ts";
import type { LiveKey } from "./live.ts";

export function diffKeys(comparing: Comparing): void {
  const { desired, found } = comparing;
  for (const key of desired.keys ?? [])
    diffKey(comparing, key, {
      name: key.name,
      address: null,
      key: objectKey.podKey(key.name),
      there: found.live?.keys.find((one) => one.inboxId === null && one.name === key.name),
    });
  const inboxes = byRole(found.live);
  for (const inbox of desired.inboxes) {
    const inboxId = inboxes.get(inbox.role)?.id;
    for (const key of inbox.keys ?? [])
      diffKey(comparing, key, {
        name: `${inbox.role}/${key.name}`,
        address: inbox.address,
        key: objectKey.inboxKey(inbox.role, key.name),
        there:
          inboxId === undefined
            ? undefined
            : found.live?.keys.find((one) => one.inboxId === inboxId && one.name === key.name),
      });
  }
}

interface KeyAt {
  readonly name: string;
  readonly address: string | null;
  readonly key: string;
  readonly there: LiveKey | undefined;
}

/** What a document says of a key. */
export const keySays = (key: DesiredKey): unknown => key.permissions ?? null;

function diffKey(comparing: Comparing, desired: DesiredKey, { name, address, key, there }: KeyAt): void {
  const draft = { kind: "key", name, address } as const;
  if (there === undefined) {
    addCreate(comparing, key, draft);
    return;
  }
  if (there.isUnconfirmed) {
    comparing.changes.push(
      changeOf({
        ...draft,
        action: "replace",
        tenant: comparing.desired.slug,
        objectId: there.id,
        cause: "unconfirmed",
        why: "an apply made it, and the receipt of its secret is not confirmed",
      }),
    );
    return;
  }
  addUpdate(comparing, key, keySays(desired), {
    ...draft,
    objectId: there.id,
    fields:
      desired.permissions === undefined
        ? []
        : differing([["permissions", grantedOf(there.permissions), grantedOf(permissionsOf(desired))]]),
  });
}

/** The flags that are true, in one order: what a key may do. */
const grantedOf = (permissions: PermissionSet | null): readonly string[] | null =>
  permissions === null
    ? null
    : Object.keys(permissions)
        .filter((name) => permissions[name])
        .toSorted();
