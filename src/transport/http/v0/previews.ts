/** Calendars and labs: features of AgentMail's that are not enabled here, answered as the vendor answers then. */
import { z } from "@hono/zod-openapi";
import type { Permission } from "../../../domain/door/access/index.ts";
import { featureOperation, getLabs, joinLabs } from "../../../domain/tenancy/absent/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Method, type RefusedRoute, type Route, route } from "../dialect/route.ts";
import { timestamp } from "./shapes/common.ts";
import { sample } from "./shapes/sample.ts";

const inbox = "/v0/inboxes/{inbox_id}";

interface Feature {
  readonly path: string;
  readonly operations: string;
  readonly refused: RefusedRoute;
  readonly of: string;
}

/** Where routes of a feature are, what they are called and how they are answered. */
const features = {
  calendar: {
    path: "/calendar",
    operations: "calendar",
    refused: { status: 403, because: "inboxes of this server have no calendars." },
    of: "of the inbox's calendar.",
  },
} as const satisfies Readonly<Record<string, Feature>>;

const routesOf =
  (name: keyof typeof features) =>
  (method: Method, path: string, verb: string, summary: string, permission: Permission): Route => {
    const feature = features[name];
    return route({
      method,
      path: `${inbox}${feature.path}${path}`,
      name: `inboxes.${feature.path.slice(1)}.${verb}`,
      isOwn: true,
      refused: feature.refused,
      summary,
      description: `${summary}, ${feature.of}`,
      does: featureOperation(name, `${feature.operations}.${verb}`, permission),
      input: () => undefined,
    });
  };

const calendarRoute = routesOf("calendar");

const event = "/events/{event_id}";

export const calendar = noun({
  name: "calendar",
  title: "Calendars",
  about: "Calendars of inboxes, which are not enabled on this server.",
  parameters: { event_id: { description: "The event's id.", example: sample.podId } },
  routes: [
    calendarRoute("get", "", "get", "Get the calendar", "calendar_read"),
    calendarRoute("patch", "", "update", "Update the calendar", "calendar_update"),
    calendarRoute("get", "/agenda", "getAgenda", "Get the agenda", "calendar_event_read"),
    calendarRoute("get", "/events", "listEvents", "List calendar events", "calendar_event_read"),
    calendarRoute("post", "/events", "createEvent", "Create a calendar event", "calendar_event_create"),
    calendarRoute("get", event, "getEvent", "Get a calendar event", "calendar_event_read"),
    calendarRoute("patch", event, "updateEvent", "Update a calendar event", "calendar_event_update"),
    calendarRoute("delete", event, "deleteEvent", "Delete a calendar event", "calendar_event_delete"),
    calendarRoute(
      "get",
      `${event}/instances`,
      "listEventInstances",
      "List dates of a calendar event",
      "calendar_event_read",
    ),
    calendarRoute(
      "post",
      `${event}/respond`,
      "respondToEvent",
      "Respond to an invitation",
      "calendar_event_update",
    ),
  ],
});

const labs = z
  .object({
    enabled: z.boolean().openapi({ description: "Whether the organization takes part: false." }),
    enabled_at: timestamp.nullable().openapi({ description: "Since when it does: null.", example: null }),
    available: z.boolean().openapi({ description: "Whether it may: false, as there are no previews here." }),
  })
  .openapi("OrganizationLabs", {
    title: "Part in previews of features",
    example: { enabled: false, enabled_at: null, available: false },
  });

export const labsRoutes = [
  route({
    method: "get",
    path: "/v0/organizations/labs",
    name: "organizations.getLabs",
    isOwn: true,
    summary: "Get the part in previews",
    description:
      "Whether the organization takes part in previews of features, of which this server has none.",
    does: getLabs,
    input: () => undefined,
    answer: labs,
    present: ({ isEnabled, enabledAt, isAvailable }) => ({
      enabled: isEnabled,
      enabled_at: enabledAt?.toISOString() ?? null,
      available: isAvailable,
    }),
  }),
  route({
    method: "post",
    path: "/v0/organizations/labs",
    name: "organizations.joinLabs",
    isOwn: true,
    refused: { status: 403, because: "this server has no previews of features." },
    summary: "Take part in previews",
    description: "Has the organization take part in previews of features. It needs an unrestricted key.",
    does: joinLabs,
    input: () => undefined,
  }),
];
