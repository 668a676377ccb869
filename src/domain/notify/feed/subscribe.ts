import type { Context } from "../../door/context.ts";
import type { EventType } from "../../door/events.ts";
import { operation } from "../../door/operation.ts";
import { checkNamed, findTargets, listensToMessages, needsOfTypes } from "../webhooks/index.ts";
import { ordinaryTypes } from "./event.ts";
import type { Listening } from "./subscription.ts";

export interface Subscribe {
  /** Absent: every ordinary one. */
  readonly eventTypes?: readonly EventType[];
  readonly podIds: readonly string[];
  /** Addresses. */
  readonly inboxIds: readonly string[];
}

const typesOf = ({ eventTypes }: Pick<Subscribe, "eventTypes">): readonly EventType[] =>
  eventTypes ?? ordinaryTypes;

const namedIn = ({ podIds, inboxIds }: Omit<Subscribe, "eventTypes">) =>
  checkNamed({ podIds, addresses: inboxIds, fields: { podIds: "podIds", inboxIds: "inboxIds" } });

/** Looks up what a socket wants to listen to. That it may is judged at each event anew. */
export const subscribe = operation({
  name: "event.subscribe",
  needs: [
    {
      permission: "message_read",
      if: (input: Subscribe) => listensToMessages({ eventTypes: typesOf(input) }),
      says: "for events of messages",
    },
    ...needsOfTypes.map((need) => ({
      ...need,
      if: (input: Subscribe) => need.if({ eventTypes: typesOf(input) }),
    })),
  ],
  on: "any",
  kind: "read",
  check: (input: Subscribe) => ({ types: [...new Set(typesOf(input))], named: namedIn(input) }),
  run: async (context, { types, named }): Promise<Listening> => ({
    types,
    ...(await lookUp(context, named)),
  }),
});

/** Looks up what a socket no longer wants to listen to; nothing named is everything. */
export const unsubscribe = operation({
  name: "event.unsubscribe",
  needs: [],
  on: "any",
  kind: "read",
  check: namedIn,
  run: (context, named): Promise<Omit<Listening, "types">> => lookUp(context, named),
});

/** @throws Failure pod.not_found, inbox.not_found */
async function lookUp(
  context: Context,
  named: ReturnType<typeof namedIn>,
): Promise<Omit<Listening, "types">> {
  const known = await findTargets(context, [{ scope: context.scope, named }]);
  const { podIds, inboxes } = known.namedIn(context.scope, named);
  return {
    podIds,
    inboxIds: inboxes.map(({ id }) => id),
    all: podIds.length + inboxes.length === 0,
  };
}
