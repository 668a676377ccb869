/** Calendars, of which an account has none (nylas 2.8). */
import { z } from "@hono/zod-openapi";
import { getInbox } from "../../../domain/tenancy/inboxes/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { listOf, listSchema } from "./answers.ts";

export const calendars = noun({
  name: "calendars",
  title: "Calendars",
  about: "An account here has mail and no calendar.",
  parameters: {},
  routes: [
    route({
      method: "get",
      path: "/v3/grants/{grant_id}/calendars",
      name: "calendars.list",
      summary: "List calendars",
      description: "Always empty: an account here has no calendar.",
      does: getInbox,
      input: () => undefined,
      answer: listSchema("CalendarsResponse", z.object({})),
      present: () => listOf([], () => null),
    }),
  ],
});
