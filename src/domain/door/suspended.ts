/**
 * What suspension refuses, at the very next request of every process: it is asked of the rows that the request finds, or beside what it
 * does, and of nothing that is remembered. See docs/decisions/0037-offboarding.md.
 */
import type { Tx } from "../../storage/db.ts";
import type { Actor } from "./access/actor.ts";
import { findSuspendedPods } from "./access/store.ts";
import { type Failure, fail } from "./failures.ts";
import type { Resolved } from "./targets.ts";

export const suspended = (): Failure =>
  fail("pod.suspended", {
    message: "The pod is suspended",
    hint: "Its keys are dead, and its inboxes neither send nor receive. A key of the organization can end that, until the pod is deleted.",
  });

/** The pod of the key of a pod or inbox; null for wider keys, which suspension leaves alone, and for the system. */
const ownPod = ({ keyId, scope }: Actor): string | null => (keyId === null ? null : scope.podId);

/** Refuses the key of a suspended pod. Where it names nothing that tells, its pod is looked at beside what runs. @throws Failure pod.suspended */
export function refuseSuspended(tx: Tx, actor: Actor, { pod, inbox }: Resolved): void {
  const podId = ownPod(actor);
  if (podId === null) return;
  const target = inbox ?? pod;
  if (target?.isSuspended === true) throw suspended();
  if (target === null) tx.beforeCommit(requireOpenPod(tx, actor, podId));
}

/** What a key of a suspended pod is told, whatever else it asked for in vain. @throws Failure pod.suspended, else `error` */
export async function rethrowUnlessSuspended(tx: Tx, actor: Actor, error: unknown): Promise<never> {
  const podId = ownPod(actor);
  if (podId !== null) await requireOpenPod(tx, actor, podId);
  throw error;
}

async function requireOpenPod(tx: Tx, { scope }: Actor, podId: string): Promise<void> {
  if ((await findSuspendedPods(tx, scope, [podId])).has(podId)) throw suspended();
}
