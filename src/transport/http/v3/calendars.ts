/** Calendars, of which an account has none (nylas 2.8). */
import { z } from "@hono/zod-openapi";
import { getInbox } from "../../../domain/tenancy/inboxes/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { listOf, listSchema } from "./answers.ts";
import { sample } from "./shapes/sample.ts";

export const calendars = noun({
  name: "calendars",
  title: "Calendars",
  about: "An account here has mail and no calendar.",
  parameters: {
    grant_id: {
      description:
        "The account: its id, its address, `external:` and the client_id of its inbox, or `me` with a key of an inbox.",
      example: sample.grantId,
    },
  },
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
