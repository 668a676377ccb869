/** The log of an inbox's labels (contract 7.11). */
import { z } from "@hono/zod-openapi";
import { type LabelEvent, labelEventKey, listLabelEvents } from "../../../domain/mail/label-events/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { inboxMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { timestamp, wire } from "./shapes/common.ts";
import { organizationId, podId } from "./shapes/fields.ts";
import { sample } from "./shapes/sample.ts";

const v0InboxEvent = z
  .object({
    organization_id: organizationId,
    pod_id: podId,
    inbox_id: z.string().openapi({ description: "Address of the inbox.", example: sample.inbox }),
    event_id: z.string().openapi({
      description: "Opaque, and in the order of time.",
      example: `${sample.podId}.0001`,
    }),
    event_type: z.enum(["label.added", "label.removed"]).openapi({ description: "What happened." }),
    message_id: z.string().openapi({ description: "The message.", example: sample.messageId }),
    label: z.string().openapi({ description: "The label.", example: "unread" }),
    event_at: timestamp.openapi({ description: "When it happened." }),
    created_at: timestamp.openapi({ description: "The same." }),
  })
  .openapi("InboxEvent", {
    title: "Event of an inbox",
    description: "A label that was put on a message of the inbox, or taken off it.",
  });

const toV0InboxEvent = (event: LabelEvent): Record<string, unknown> => ({
  ...wire(event, ["organizationId", "podId"]),
  inbox_id: event.inboxAddress,
  event_id: event.id,
  event_type: event.isAdded ? "label.added" : "label.removed",
  ...wire(event, ["messageId", "label"]),
  event_at: event.at.toISOString(),
  created_at: event.at.toISOString(),
});

export const events = noun({
  name: "events",
  title: "Inbox events",
  about: "What happened to the labels of an inbox's messages.",
  parameters: {},
  routes: [
    route({
      method: "get",
      path: `${inboxMount.prefix}/events`,
      name: "inboxes.events.list",
      summary: "List events of an inbox",
      description:
        "Every label that was put on a message of the inbox or taken off it, newest first: those that messages came with among them. Of messages that were deleted, or that the key may not see, there is none.",
      query: z.object(pageFields(labelEventKey)),
      does: listLabelEvents,
      input: ({ query }) => pageRequest(query),
      answer: pageSchema("ListInboxEventsResponse", "events", v0InboxEvent, "The events of this page."),
      present: (page, { query }) => pageEnvelope("events", page, query, toV0InboxEvent),
    }),
  ],
});
