/** What the fleet remembers of tenants that it made or changed. */
import {
  byRole,
  type FleetMark,
  inboxSays,
  keySays,
  type Looked,
  objectKey,
  podSays,
  saysOf,
  webhookSays,
} from "../differences/index.ts";

/** @param made ids of objects made just now, by slug and the object's key */
export function marksOf(
  looked: readonly Looked[],
  made: ReadonlyMap<string, ReadonlyMap<string, string>>,
  appliedAt: Date,
): FleetMark[] {
  return looked.map((one) => {
    const { slug } = one.desired;
    const ids = made.get(slug) ?? new Map<string, string>();
    const objects: Record<string, { readonly id: string; readonly says: string }> = {
      ...one.found.mark?.objects,
    };
    for (const [key, id, says] of objectsOf(one)) {
      const known = ids.get(key) ?? id;
      if (known !== undefined) objects[key] = { id: known, says: saysOf(says) };
    }
    const podId = ids.get(objectKey.pod) ?? one.found.live?.pod.id ?? "";
    return { slug, podId, objects, appliedAt };
  });
}

/** Every object that the document says something of: its key, its id when it was there, and what the document says. */
function* objectsOf({
  desired,
  found: { live },
}: Looked): Generator<readonly [key: string, id: string | undefined, says: unknown]> {
  yield [objectKey.pod, live?.pod.id, podSays(desired)];
  const inboxes = byRole(live);
  const keyOf = (inboxId: string | null | undefined, name: string): string | undefined =>
    live?.keys.find((key) => key.inboxId === inboxId && key.name === name)?.id;
  for (const key of desired.keys ?? [])
    yield [objectKey.podKey(key.name), keyOf(null, key.name), keySays(key)];
  for (const inbox of desired.inboxes) {
    const id = inboxes.get(inbox.role)?.id;
    yield [objectKey.inbox(inbox.role), id, inboxSays(inbox)];
    for (const key of inbox.keys ?? [])
      yield [
        objectKey.inboxKey(inbox.role, key.name),
        id === undefined ? undefined : keyOf(id, key.name),
        keySays(key),
      ];
  }
  for (const webhook of desired.webhooks ?? [])
    yield [
      objectKey.webhook(webhook.name),
      live?.webhooks.find(({ name, inboxId }) => name === webhook.name && inboxId === null)?.id,
      webhookSays(webhook),
    ];
}
