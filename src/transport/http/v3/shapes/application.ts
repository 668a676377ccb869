import { z } from "@hono/zod-openapi";
import type { Organization } from "../../../../domain/tenancy/organizations/index.ts";
import { present, seconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

export const application = z
  .object({
    application_id: z.uuid().openapi({
      description: "The application: the organization of the key.",
      example: sample.applicationId,
    }),
    organization_id: z.uuid().openapi({ description: "The same id.", example: sample.applicationId }),
    region: z.string().openapi({ description: "Where the data is: this server.", example: "us" }),
    environment: z.string().openapi({ description: "Always production.", example: "production" }),
    default_workspace_id: z.uuid().openapi({
      description: "The workspace of accounts that name none. It has the application's id.",
      example: sample.applicationId,
    }),
    branding: z.object({ name: z.string().openapi({ description: "The application's name." }) }),
    callback_uris: z.array(z.unknown()),
    created_at: seconds("When it was created."),
    updated_at: seconds("When it last changed."),
  })
  .openapi("Application", { title: "Application" });

/** Region and environment are words of the vendor's clients; a server of one's own has one of each. */
export const toApplication = (organization: Organization): Record<string, unknown> =>
  present({
    application_id: organization.id,
    organization_id: organization.id,
    region: "us",
    environment: "production",
    default_workspace_id: organization.id,
    branding: { name: organization.name },
    callback_uris: [],
    ...wire(organization, ["createdAt", "updatedAt"]),
  });
