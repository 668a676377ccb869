/**
 * Accounts and apps of AgentMail's directory, of which this server has none (contract 7.13). Apps were called providers by older
 * clients: both families of routes are here.
 */
import { z } from "@hono/zod-openapi";
import type { Page } from "../../../domain/door/cursor.ts";
import {
  authorizeInbox,
  connectApp,
  getAccount,
  getApp,
  listAccounts,
  listAppAccounts,
  listApps,
  updateAccount,
} from "../../../domain/tenancy/absent/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type RefusedRoute, type Route, route } from "../dialect/route.ts";
import { storable } from "../dialect/storable.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { type PageQuery, pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import {
  authorizeBody,
  connectBody,
  updateAccountBody,
  v0Account,
  v0App,
  v0Provider,
} from "./shapes/directory.ts";
import { sample } from "./shapes/sample.ts";

/** These lists always say their limit, which their clients need. */
const pageOf = (plural: string, page: Page<never>, query: PageQuery): Record<string, unknown> => ({
  ...pageEnvelope(plural, page, query, () => null),
  limit: pageRequest(query).size,
});

const noAccounts: RefusedRoute = { status: 404, because: "inboxes of this server have no accounts." };
const noApps: RefusedRoute = { status: 404, because: "this server has no directory of apps." };

const accountList = pageSchema("ListAccountsResponse", "accounts", v0Account, "None.");

const accountRoutes = (scope: Mount): Route[] => {
  const { prefix, client, at, reach } = scope;
  // Older clients have them for the organization alone.
  const isOwn = scope !== organizationMount;
  return [
    route({
      method: "get",
      path: `${prefix}/accounts`,
      name: `${client}accounts.list`,
      isOwn,
      summary: `List accounts${at}`,
      description: `Accounts at apps ${reach}: none, as this server has no directory of apps.`,
      query: z.object(pageFields()),
      does: listAccounts,
      input: ({ query }) => pageRequest(query),
      answer: accountList,
      present: (page, { query }) => pageOf("accounts", page, query),
    }),
    route({
      method: "get",
      path: `${prefix}/accounts/{account_id}`,
      name: `${client}accounts.get`,
      isOwn,
      refused: noAccounts,
      summary: `Get an account${at}`,
      description: "One account at an app.",
      does: getAccount,
      input: () => undefined,
    }),
  ];
};

const updateRoute = route({
  method: "patch",
  path: "/v0/accounts/{account_id}/update",
  name: "accounts.update",
  isOwn: true,
  refused: noAccounts,
  summary: "Update an account",
  description: "Enables or disables an account at an app.",
  body: updateAccountBody,
  does: updateAccount,
  input: () => undefined,
});

export const accounts = noun({
  name: "accounts",
  title: "Accounts",
  about: "Accounts of inboxes at apps of AgentMail's directory. This server has none.",
  parameters: {
    account_id: { description: "The account's id.", example: sample.podId },
  },
  routes: [...mount([organizationMount, podMount, inboxMount], accountRoutes), updateRoute],
});

/** What a family of clients calls apps. */
interface Family {
  readonly singular: "app" | "provider";
  readonly noun: "App" | "Provider";
  readonly item: z.ZodType;
  readonly isOwn: boolean;
}

const newer: Family = { singular: "app", noun: "App", item: v0App, isOwn: true };
const older: Family = { singular: "provider", noun: "Provider", item: v0Provider, isOwn: false };

const directoryRoutes = ({ singular, noun: title, item, isOwn }: Family): Route[] => {
  const plural = `${singular}s`;
  const list = pageSchema(`List${title}sResponse`, plural, item, "None.");
  return [
    route({
      method: "get",
      path: `/v0/${plural}`,
      name: `${plural}.list`,
      isOwn,
      summary: `List ${plural}`,
      description: "The directory: empty on this server.",
      query: z.object({
        ...pageFields(),
        category: storable.optional().openapi({ description: "Only apps of this kind.", example: "ai" }),
      }),
      does: listApps,
      input: ({ query }) => pageRequest(query),
      answer: list,
      present: (page, { query }) => pageOf(plural, page, query),
    }),
    route({
      method: "get",
      path: `/v0/${plural}/search`,
      name: `${plural}.search`,
      isOwn,
      summary: `Search ${plural}`,
      description: "What of the directory begins with a text: nothing, as it is empty on this server.",
      query: z.object({
        q: storable.optional().openapi({ description: "How the name begins.", example: "cal" }),
        limit: pageFields().limit,
      }),
      does: listApps,
      input: ({ query }) => pageRequest(query),
      answer: list,
      present: (page, { query }) => pageOf(plural, page, query),
    }),
  ];
};

const appRoutes = ({ singular, noun: title, item, isOwn }: Family): Route[] => {
  const plural = `${singular}s`;
  const fields = { appId: [`${singular}_id`] };
  const named = (params: Readonly<Record<string, string>>) => ({
    appId: params[`${singular}_id`] ?? "",
    noun: title,
  });
  const one = `/v0/${plural}/{${singular}_id}`;
  return [
    route({
      method: "get",
      path: one,
      name: `${plural}.get`,
      isOwn,
      refused: noApps,
      summary: `Get ${singular === "app" ? "an app" : "a provider"}`,
      description: "One app by its id, or by its name in any case and punctuation.",
      does: getApp,
      fields,
      input: ({ params }) => named(params),
    }),
    route({
      method: "get",
      path: `${one}/accounts`,
      name: `${plural}.listAccounts`,
      isOwn,
      summary: `List accounts at ${singular === "app" ? "an app" : "a provider"}`,
      description: "Accounts at one app: none, and no app either.",
      query: z.object(pageFields()),
      does: listAppAccounts,
      fields,
      input: ({ params, query }) => ({ ...named(params), page: pageRequest(query) }),
      answer: pageSchema(`List${title}AccountsResponse`, "accounts", v0Account, "None.").extend({
        [singular]: item.nullable().openapi({ description: "The app: null, as it is not known." }),
      }),
      // Null is what newer clients have for an app that is not known; older ones have nothing.
      present: (page, { query }) => ({
        ...(singular === "app" && { app: null }),
        ...pageOf("accounts", page, query),
      }),
    }),
    route({
      method: "post",
      path: `${one}/connect`,
      name: `${plural}.connect`,
      isOwn,
      refused: noApps,
      summary: `Sign an inbox in to ${singular === "app" ? "an app" : "a provider"}`,
      description: "Begins to sign an inbox in to an app.",
      body: connectBody,
      does: connectApp,
      fields,
      input: ({ params }) => named(params),
    }),
  ];
};

const authorizeRoute = route({
  method: "post",
  path: "/v0/inboxes/{inbox_id}/authorize",
  name: "inboxes.authorize",
  refused: noApps,
  summary: "Complete a sign-in to an app",
  description: "Completes a sign-in that an app began.",
  body: authorizeBody,
  does: authorizeInbox,
  input: () => undefined,
});

const about = "AgentMail's directory of apps that agents sign in to. This server has none.";

export const apps = noun({
  name: "apps",
  title: "Apps",
  about,
  parameters: { app_id: { description: "The app's id or name.", example: "some-app" } },
  routes: [...directoryRoutes(newer), ...appRoutes(newer), authorizeRoute],
});

export const providers = noun({
  name: "providers",
  title: "Providers",
  about: `What older clients call apps. ${about}`,
  parameters: { provider_id: { description: "The app's id or name.", example: "some-app" } },
  routes: [...directoryRoutes(older), ...appRoutes(older)],
});
