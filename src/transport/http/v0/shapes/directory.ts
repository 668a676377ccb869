/** Accounts and apps of AgentMail's directory, of which this server has none; under the names of older clients and of newer ones. */
import { z } from "@hono/zod-openapi";
import { timestamp } from "./common.ts";
import { inboxId, organizationId, podId } from "./fields.ts";

const appId = z.string().openapi({ description: "The app's id." });
const appName = z.string().openapi({ description: "The app's name." });

export const v0Account = z
  .object({
    account_id: z.string().openapi({ description: "The account's id, to get it by." }),
    app_id: appId,
    app_name: appName.optional(),
    provider_id: appId.openapi({ description: "The same as app_id, for older clients." }),
    provider_name: appName.optional().openapi({ description: "The same as app_name, for older clients." }),
    inbox_id: inboxId,
    pod_id: podId,
    organization_id: organizationId,
    first_signed_in_at: timestamp.openapi({ description: "When it was first used." }),
    last_signed_in_at: timestamp.openapi({ description: "When it was last used." }),
    sign_in_count: z.int().openapi({ description: "How often it was used." }),
  })
  .openapi("Account", { title: "Account of an inbox at an app" });

/** @param noun as the client calls it, such as app */
const app = (noun: string) =>
  z.object({
    [`${noun}_id`]: appId,
    name: appName.optional(),
    description: z.string().optional().openapi({ description: "What it is for, in a sentence." }),
  });

export const v0App = app("app").openapi("App", { title: "App that agents sign in to" });
export const v0Provider = app("provider").openapi("Provider", {
  title: "App that agents sign in to, as older clients call it",
});

export const updateAccountBody = z
  .strictObject({
    status: z.enum(["enabled", "disabled"]).openapi({
      description: "Whether the inbox may sign in there. Other fields are refused.",
      example: "disabled",
    }),
  })
  .openapi("UpdateAccountRequest", { title: "Changes of an account", example: { status: "disabled" } });

const acceptDisclosure = z.boolean().optional().openapi({
  description: "True: the owner's name and address may be shown to the app.",
});

export const connectBody = z
  .object({
    inbox_id: z.string().optional().openapi({
      description: "The inbox to sign in. Absent: that of the key.",
      example: "scout@agents.example.com",
    }),
    accept_disclosure: acceptDisclosure,
  })
  .openapi("ConnectAppBody", { title: "Inbox to sign in" });

export const authorizeBody = z
  .object({
    auth_token: z.string().openapi({ description: "What the app gave the agent.", example: "token" }),
    accept_disclosure: acceptDisclosure,
  })
  .openapi("AuthorizeInboxRequest", { title: "Sign-in to complete", example: { auth_token: "token" } });
