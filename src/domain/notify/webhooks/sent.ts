/** What an endpoint was sent: the events, and the attempts at one of them. */
import { firstIdAt, isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { type EventType, isEventType, isListenedType } from "../../door/events.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { requireWebhook } from "./get.ts";
import { MAX_DELIVERIES_READ } from "./limits.ts";
import { type SentAttempt, type SentEvent, type SentState, seenBy, sentStates } from "./sent-event.ts";
import { findSent, listAttemptRows, listSent } from "./sent-store.ts";

export interface SentQuery {
  /** Of the endpoint. */
  readonly id: string;
  readonly states?: readonly string[];
  readonly eventTypes?: readonly string[];
  readonly before?: Date;
  /** From then on. */
  readonly after?: Date;
  readonly page: PageRequest;
}

/** An event at an endpoint. */
export interface NamedSent {
  readonly id: string;
  readonly eventId: string;
}

/** A page, and since when events are kept; null: since ever. A page that some were left out of may have fewer than it could, or none, and go on. */
export interface SentPage extends Page<SentEvent> {
  readonly keptSince: Date | null;
}

const DAY_MS = 86_400_000;

/** Events that an endpoint was sent or is to be sent, newest first, of those that the actor may read. */
export const listSentEvents = operation({
  name: "webhook.list_events",
  needs: ["webhook_read", "message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: ({ id, states = [], eventTypes = [], before, after, page }: SentQuery) => ({
    id,
    filter: {
      states: checkStates(states),
      types: checkTypes(eventTypes),
      before: before === undefined ? null : firstEventAt(before),
      from: after === undefined ? null : firstEventAt(after),
    },
    page,
  }),
  async run(context, { id, filter, page }): Promise<SentPage> {
    const { tx, scope, actor, now, installation } = context;
    const webhook = await requireWebhook(context, id);
    const asked = { filter, seen: seenBy(actor), page, most: MAX_DELIVERIES_READ };
    const { rows, next } = await listSent(tx, scope, webhook.id, asked);
    const found = pageOf(rows, page, ({ eventId }) => [eventId]);
    const { eventRetentionDays: days } = installation;
    const keptSince = days === 0 ? null : new Date(now.getTime() - days * DAY_MS);
    return { items: found.items, next: found.next ?? next, keptSince };
  },
});

/** First id (UUID) that an event of a moment may have; of one before 1970, of any. */
export const firstEventAt = (at: Date): string => firstIdAt(at.getTime());

function checkStates(texts: readonly string[]): SentState[] {
  const known = sentStates.filter((state) => texts.includes(state));
  if (known.length < new Set(texts).size)
    throw invalid(["states"], `A state is one of ${sentStates.join(", ")}`);
  return known;
}

/** @returns those that happen here. @throws Failure input.invalid for what no endpoint can listen to */
function checkTypes(types: readonly string[]): EventType[] {
  if (!types.every(isListenedType))
    throw invalid(
      ["eventTypes"],
      "Each is a type of event that an endpoint can listen to, such as message.sent",
    );
  const known = types.filter(isEventType);
  if (types.length > 0 && known.length === 0)
    throw invalid(["eventTypes"], "Events of these types do not happen here");
  return known;
}

/** @throws Failure object.not_found, foreign and absent alike */
export async function requireSent(context: Context, webhookId: string, eventId: string): Promise<SentEvent> {
  const { tx, scope, actor } = context;
  const found = isUuid(eventId) ? await findSent(tx, scope, { webhookId, eventId }, seenBy(actor)) : null;
  if (found === null)
    throw fail("object.not_found", {
      message: "Event not found",
      hint: "List the webhook's events to see those that it was sent and this key may read.",
    });
  return found;
}

/** One event at an endpoint. */
export const getSentEvent = operation({
  name: "webhook.get_event",
  needs: ["webhook_read", "message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, { id, eventId }: NamedSent): Promise<SentEvent> {
    const webhook = await requireWebhook(context, id);
    return requireSent(context, webhook.id, eventId);
  },
});

/** Attempts to tell an endpoint of one event, newest first. */
export const listSentAttempts = operation({
  name: "webhook.list_attempts",
  needs: ["webhook_read", "message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(
    context,
    { id, eventId, page }: NamedSent & { readonly page: PageRequest },
  ): Promise<Page<SentAttempt>> {
    const { tx, scope } = context;
    const webhook = await requireWebhook(context, id);
    const { podId } = await requireSent(context, webhook.id, eventId);
    const rows = await listAttemptRows(tx, scope, { podId, eventId, webhookId: webhook.id }, page);
    return pageOf(rows, page, ({ attempt }) => [attempt]);
  },
});
