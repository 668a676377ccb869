/** The application, its redirect URIs and its connector (nylas 3.2, 3.3). */
import { z } from "@hono/zod-openapi";
import type { CallbackUri, KeptObject, Profile } from "../../../../domain/tenancy/profiles/index.ts";
import { present, seconds, unixSeconds } from "./common.ts";
import { sample } from "./sample.ts";

const platforms = ["web", "js", "ios", "android", "desktop"] as const;

/** An object that is kept and given back as it is. */
const kept = (description: string) =>
  z.record(z.string(), z.unknown()).openapi({
    type: "object",
    additionalProperties: {},
    description: `${description} Kept and given back.`,
  });

const platform = z.enum(platforms).openapi({ description: "What kind of client it is of.", example: "web" });

const url = z.string().openapi({
  description: "Where the client is. Nothing here calls it.",
  example: "https://app.example.com/callback",
});

export const redirectUri = z
  .object({
    id: z.uuid().openapi({ description: "Its id.", example: sample.id }),
    url,
    platform,
    settings: kept("What the platform needs.").optional(),
  })
  .openapi("RedirectUri", { title: "Redirect URI" });

export const createRedirectUriBody = z
  .object({ url, platform: platform.optional(), settings: kept("What the platform needs.").optional() })
  .openapi("CreateRedirectUriRequest", { title: "Redirect URI to create" });

export const updateRedirectUriBody = z
  .object({
    url: url.optional(),
    platform: platform.optional(),
    settings: kept("What the platform needs.").optional(),
  })
  .openapi("UpdateRedirectUriRequest", { title: "Change of a redirect URI" });

const shown = {
  branding: kept("Name, icon_url, website_url and description of the application."),
  hosted_authentication: kept("How a page to sign in would look; there is none here."),
  idp_settings: kept("Origins and issuers of an identity provider."),
  additional_settings: kept("Settings of signing in; no answer has them."),
  domain: z.string().openapi({ description: "The application's own domain. Kept and given back." }),
};

export const application = z
  .object({
    application_id: z.uuid().openapi({
      description: "The application: the organization of the key.",
      example: sample.applicationId,
    }),
    organization_id: z.uuid().openapi({ description: "The same id.", example: sample.applicationId }),
    region: z.string().openapi({ description: "Always us.", example: "us" }),
    environment: z.string().openapi({ description: "Always production.", example: "production" }),
    default_workspace_id: z.uuid().openapi({
      description: "The workspace of accounts that name none. It has the application's id.",
      example: sample.applicationId,
    }),
    branding: shown.branding,
    hosted_authentication: shown.hosted_authentication.optional(),
    idp_settings: shown.idp_settings.optional(),
    domain: shown.domain.optional(),
    callback_uris: z.array(redirectUri).openapi({ description: "Its redirect URIs, oldest first." }),
    created_at: seconds("When it was created."),
    updated_at: seconds("When it last changed."),
  })
  .openapi("Application", { title: "Application" });

const givenRedirectUri = createRedirectUriBody
  .extend({ id: z.string().optional().openapi({ description: "Of the one that it replaces." }) })
  .openapi("GivenRedirectUri", { title: "Redirect URI of an application to update" });

export const updateApplicationBody = z
  .object({
    branding: shown.branding.optional(),
    hosted_authentication: shown.hosted_authentication.optional(),
    idp_settings: shown.idp_settings.optional(),
    additional_settings: shown.additional_settings.optional(),
    domain: shown.domain.optional(),
    callback_uris: z
      .array(givenRedirectUri)
      .optional()
      .openapi({ description: "All of its redirect URIs from then on." }),
  })
  .openapi("UpdateApplicationRequest", {
    title: "Change of the application",
    description: "What is given replaces what is kept of that name.",
  });

export const toRedirectUri = ({
  id,
  url: to,
  platform: of,
  settings,
}: CallbackUri): Record<string, unknown> => ({
  id,
  url: to,
  platform: of,
  settings,
});

/** The vendor's clients take additional_settings for something that can only be written. Region and environment are words of the vendor's clients; a server of one's own has one of each. */
export function toApplication(profile: Profile): Record<string, unknown> {
  const { organizationId: id, name, kept: parts } = profile;
  return present({
    application_id: id,
    organization_id: id,
    region: "us",
    environment: "production",
    default_workspace_id: id,
    branding: { name, ...parts.branding },
    hosted_authentication: parts.hostedAuthentication,
    idp_settings: parts.idpSettings,
    domain: parts.domain,
    callback_uris: profile.callbackUris.map(toRedirectUri),
    created_at: unixSeconds(profile.createdAt),
    updated_at: unixSeconds(profile.updatedAt),
  });
}

const connectorFields = {
  name: z.string().openapi({ description: "What people call it.", example: "Nylas" }),
  settings: kept("Settings of the connector."),
  scope: z.array(z.string()).openapi({ description: "Kept and given back.", example: [] }),
};

export const connector = z
  .object({
    name: connectorFields.name,
    provider: z.literal("nylas").openapi({ description: "Always nylas." }),
    settings: connectorFields.settings,
    scope: connectorFields.scope,
  })
  .openapi("Connector", { title: "Connector" });

export const createConnectorBody = z
  .object({
    provider: z.string().openapi({ description: "nylas; others are not available.", example: "nylas" }),
    name: connectorFields.name.optional(),
    settings: connectorFields.settings.optional(),
    scope: connectorFields.scope.optional(),
  })
  .openapi("CreateConnectorRequest", { title: "Connector to create" });

export const updateConnectorBody = z
  .object({
    name: connectorFields.name.optional(),
    settings: connectorFields.settings.optional(),
    scope: connectorFields.scope.optional(),
  })
  .openapi("UpdateConnectorRequest", { title: "Change of a connector" });

export const toConnector = ({ kept: parts }: Profile): Record<string, unknown> => ({
  name: parts.connectorName ?? "Nylas",
  provider: "nylas",
  settings: parts.connectorSettings ?? ({} satisfies KeptObject),
  scope: parts.connectorScope ?? [],
});
