/** Routes of Nylas's API that have one answer here: what agent accounts do not have (nylas 2.8, 7.4, 7.7). */
import type { FixedRoute } from "../dialect/dialect.ts";
import type { Method } from "../dialect/route.ts";
import { noSuchObject, notAvailable } from "./errors.ts";

const every: readonly Method[] = ["get", "post", "put", "patch", "delete"];

const at = (
  answer: FixedRoute["answer"],
  methods: readonly Method[],
  paths: readonly string[],
): FixedRoute[] => paths.flatMap((path) => methods.map((method) => ({ method, path, answer })));

const grant = "/v3/grants/{grant_id}";
const writes: readonly Method[] = ["post", "put", "patch", "delete"];

const hostedAuthentication = notAvailable("Hosted authentication is");

export const unavailable: readonly FixedRoute[] = [
  ...at(hostedAuthentication, ["get"], ["/v3/connect/auth", "/v3/connect/tokeninfo"]),
  ...at(hostedAuthentication, ["post"], ["/v3/connect/token", "/v3/connect/revoke"]),
  ...at(
    notAvailable("Smart compose is"),
    ["post"],
    [`${grant}/messages/smart-compose`, `${grant}/messages/{message_id}/smart-compose`],
  ),
  ...at(
    notAvailable("Attachment uploads are"),
    ["post"],
    [`${grant}/attachment-uploads`, `${grant}/attachment-uploads/{upload_id}/complete`],
  ),
  ...at(notAvailable("Contact groups are"), writes, [
    `${grant}/contacts/groups`,
    `${grant}/contacts/groups/{group_id}`,
  ]),
  ...at(
    notAvailable("Availability is"),
    ["post"],
    ["/v3/calendars/availability", `${grant}/calendars/free-busy`, `${grant}/calendars/availability`],
  ),
  ...at(notAvailable("Calendars are"), writes, [`${grant}/calendars`, `${grant}/calendars/{calendar_id}`]),
  ...at(noSuchObject, ["get"], [`${grant}/calendars/{calendar_id}`]),
  ...at(notAvailable("Events are"), ["get"], [`${grant}/events/import`]),
  ...at(notAvailable("Events are"), writes, [
    `${grant}/events`,
    `${grant}/events/{event_id}`,
    `${grant}/events/{event_id}/send-rsvp`,
  ]),
  ...at(noSuchObject, ["get"], [`${grant}/events`, `${grant}/events/{event_id}`]),
  ...at(notAvailable("Templates and workflows are"), every, [
    "/v3/templates",
    "/v3/templates/{template_id}",
    "/v3/workflows",
    "/v3/workflows/{workflow_id}",
    `${grant}/templates`,
    `${grant}/templates/{template_id}`,
    `${grant}/workflows`,
    `${grant}/workflows/{workflow_id}`,
  ]),
  ...at(notAvailable("The scheduler is"), every, [
    "/v3/scheduling/availability",
    "/v3/scheduling/bookings",
    "/v3/scheduling/bookings/{booking_id}",
    "/v3/scheduling/sessions",
    "/v3/scheduling/sessions/{session_id}",
    `${grant}/scheduling/configurations`,
    `${grant}/scheduling/configurations/{configuration_id}`,
  ]),
  ...at(notAvailable("Notetakers are"), every, [
    "/v3/notetakers",
    "/v3/notetakers/{notetaker_id}",
    "/v3/notetakers/{notetaker_id}/cancel",
    "/v3/notetakers/{notetaker_id}/leave",
    "/v3/notetakers/{notetaker_id}/media",
    `${grant}/notetakers`,
    `${grant}/notetakers/{notetaker_id}`,
    `${grant}/notetakers/{notetaker_id}/cancel`,
    `${grant}/notetakers/{notetaker_id}/leave`,
    `${grant}/notetakers/{notetaker_id}/media`,
  ]),
  ...at(notAvailable("Connector credentials are"), ["post"], ["/v3/connectors/{provider}/creds"]),
  ...at(
    notAvailable("Connector credentials are"),
    ["get", "put", "patch", "delete"],
    ["/v3/connectors/{provider}/creds/{credential_id}"],
  ),
];
