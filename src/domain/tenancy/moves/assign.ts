/** Assigning many inboxes to a pod by name, and taking them out of it. */
import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { InboxName } from "../../door/targets.ts";
import { field, says } from "../../door/text.ts";
import { type Pod, requirePod } from "../pods/index.ts";
import { MAX_ASSIGNED } from "./limits.ts";
import { moveInboxes } from "./move.ts";
import { findNamed, type MovableInbox } from "./store.ts";

export interface AssignInboxes {
  /** Inboxes of the organization that go into the pod. */
  readonly assign: readonly InboxName[];
  /** Inboxes of the pod that go into the Default Pod; others are left where they are. */
  readonly remove: readonly InboxName[];
}

export interface Assigned {
  readonly pod: Pod;
  /** Ids, in the order they were named: they are in the pod, or on their way to it. */
  readonly assigned: readonly string[];
  readonly removed: readonly string[];
}

/** All of them or none: a name that nobody has, or an inbox that cannot move, refuses the whole. */
export const assignInboxes = operation({
  name: "pod.assign",
  needs: ["pod_update", "inbox_update"],
  on: "pod",
  kind: "write",
  acrossPods: true,
  isLong: true,
  fails: ["object.conflict"],
  check(input: AssignInboxes): AssignInboxes {
    for (const name of ["assign", "remove"] as const)
      if (input[name].length > MAX_ASSIGNED)
        throw invalid([name], says`${field(name)} may have ${MAX_ASSIGNED} entries at most`);
    if (input.assign.length + input.remove.length === 0)
      throw invalid([], says`${field("assign")} or ${field("remove")} must name an inbox`);
    return input;
  },
  async run(context, { assign, remove }): Promise<Assigned> {
    const { scope, pod } = context;
    const [assigned, named] = await findAll(context, assign, remove);
    const both = assigned.find(({ id }) => named.some((one) => one.id === id));
    if (both !== undefined)
      throw invalid(["remove"], `${both.address} cannot be assigned and removed at once`);
    const removed = named.filter(({ podId }) => podId === pod.id);
    await moveAll(context, assigned, pod.id);
    await moveAll(context, removed, scope.organizationId);
    const ids = (inboxes: readonly MovableInbox[]): string[] => inboxes.map(({ id }) => id);
    const found = await requirePod(context.tx, scope, pod.id);
    context.target(pod.id);
    return { pod: found, assigned: ids(assigned), removed: ids(removed) };
  },
});

async function moveAll(context: Context, inboxes: readonly MovableInbox[], podId: string): Promise<void> {
  const [failure] = (await moveInboxes(context, inboxes, podId)).values();
  if (failure !== undefined) throw failure;
}

/** Each once, in order. @throws Failure inbox.not_found for a name that no inbox of the organization has */
async function findAll(
  { tx, scope }: Context,
  ...lists: readonly [readonly InboxName[], readonly InboxName[]]
): Promise<[MovableInbox[], MovableInbox[]]> {
  const keys = lists.flat().map(keyOf);
  const valuesOf = (kind: Key["kind"]): string[] =>
    keys.filter((key) => key.kind === kind).map(({ value }) => value);
  const found = await findNamed(tx, scope, {
    ids: valuesOf("id").filter(isUuid),
    addresses: valuesOf("address"),
    clientIds: valuesOf("clientId"),
  });
  const inboxes = new Map(
    found.flatMap((inbox) =>
      [
        textOf({ kind: "id", value: inbox.id }),
        textOf({ kind: "address", value: inbox.address }),
        ...(inbox.clientId === null ? [] : [textOf({ kind: "clientId", value: inbox.clientId })]),
      ].map((key) => [key, inbox] as const),
    ),
  );
  const select = (names: readonly InboxName[]): MovableInbox[] => {
    const chosen = names.map((name) => inboxes.get(textOf(keyOf(name))) ?? notThere());
    return [...new Map(chosen.map((inbox) => [inbox.id, inbox])).values()];
  };
  return [select(lists[0]), select(lists[1])];
}

interface Key {
  readonly kind: "id" | "address" | "clientId";
  readonly value: string;
}

const textOf = ({ kind, value }: Key): string => `${kind} ${value}`;

function keyOf(name: InboxName): Key {
  if ("id" in name) return { kind: "id", value: name.id.toLowerCase() };
  if ("address" in name) return { kind: "address", value: name.address.toLowerCase() };
  if ("clientId" in name) return { kind: "clientId", value: name.clientId };
  throw invalid([], "Only the key of an inbox has an inbox of its own", "Name the inbox by its id.");
}

function notThere(): never {
  throw fail("inbox.not_found", {
    message: "Inbox not found",
    hint: "Nothing was moved. List inboxes to see those that there are.",
  });
}
