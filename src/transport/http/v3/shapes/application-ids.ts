/** The application that an object belongs to, under both of its names. */
import { z } from "@hono/zod-openapi";
import { sample } from "./sample.ts";

export const applicationIds = {
  application_id: z.uuid().openapi({
    description: "The application: the organization of the key.",
    example: sample.applicationId,
  }),
  organization_id: z.uuid().openapi({ description: "The same id.", example: sample.applicationId }),
};
