/** AgentMail's WebSocket: what is said on it (contract 12.4). `unsubscribe` and `after` are additions of ours. */
import { z } from "@hono/zod-openapi";
import { eventTypes, isEventType, isListenedType } from "../../../domain/door/events.ts";
import type { SocketDialect, SocketRequest } from "../dialect/dialect.ts";
import { InvalidRequest } from "../dialect/invalid-request.ts";
import { fromWire } from "../dialect/naming.ts";
import { withoutNulls } from "../dialect/nulls.ts";

const eventType = z.string().refine(isListenedType, {
  message: `Not an event type; these are: ${eventTypes.join(", ")}`,
});

const named = {
  inbox_ids: z.array(z.string()).optional(),
  pod_ids: z.array(z.string()).optional(),
};

const frame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("subscribe"),
    event_types: z.array(eventType).optional(),
    ...named,
    after: z.string().optional(),
  }),
  z.object({ type: z.literal("unsubscribe"), ...named }),
]);

/** Nulls of fields that are there but say nothing, as Python's clients may send them. */
function readable(value: unknown): unknown {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  const option = frame.options.find(({ shape }) => shape.type.value === type);
  return option === undefined ? value : withoutNulls(option, value);
}

function readFrame(value: unknown): SocketRequest {
  const parsed = frame.safeParse(readable(value));
  if (!parsed.success)
    throw new InvalidRequest(
      parsed.error.issues.map(({ input: _input, ...issue }) => ({ ...issue, code: issue.code ?? "custom" })),
      'Send JSON such as {"type":"subscribe","event_types":["message.received"]}.',
    );
  const { type: kind, ...fields } = parsed.data;
  const { podIds = [], inboxIds = [] } = fromWire(fields);
  if (kind === "unsubscribe") return { kind, podIds, inboxIds };
  // An empty list is none, as it is for lists of ids.
  const types = "event_types" in fields ? (fields.event_types ?? []) : [];
  const after = "after" in fields ? (fields.after ?? null) : null;
  const wanted = types.filter(isEventType);
  return { kind, podIds, inboxIds, after, ...(types.length > 0 && { eventTypes: wanted }) };
}

/** What was asked for, as it was understood: lists that name nothing are absent. */
function doneFrame(request: SocketRequest, resumed: boolean | null): object {
  const { podIds, inboxIds } = request;
  return {
    type: `${request.kind}d`,
    ...(request.kind === "subscribe" && request.eventTypes && { event_types: request.eventTypes }),
    ...(inboxIds.length > 0 && { inbox_ids: inboxIds }),
    ...(podIds.length > 0 && { pod_ids: podIds }),
    ...(resumed !== null && { resumed }),
  };
}

export const v0Sockets: SocketDialect = {
  path: "/v0",
  keyParameter: "api_key",
  read: readFrame,
  done: doneFrame,
  refused: (body) => ({ type: "error", ...body }),
};
