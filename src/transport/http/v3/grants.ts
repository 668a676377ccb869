/** Agent accounts: inboxes as grants of the provider nylas (nylas 2.2, 3.1). */
import { z } from "@hono/zod-openapi";
import {
  type AccountList,
  createAccount,
  getAccount,
  listAccounts,
  updateAccount,
} from "../../../domain/fleet/accounts/index.ts";
import { deleteInbox } from "../../../domain/tenancy/inboxes/index.ts";
import { isUuid } from "../../../lib/uuid.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { route } from "../dialect/route.ts";
import type { PageBounds } from "../dialect/whole-number.ts";
import { dataOf, dataSchema, done, doneSchema, offsetPageOf, offsetPageSchema } from "./answers.ts";
import { offsetFields, offsetRequest } from "./pages.ts";
import { queryAddress, querySeconds, queryText } from "./query.ts";
import { createGrantBody, grant, toGrant, updateGrantBody } from "./shapes/grant.ts";

/** The vendor's command line asks for 200, and stops at a page with fewer (nylas 1.5). */
const GRANTS: PageBounds = { fallback: 10, max: 200 };

const grantQuery = z.object({
  ...offsetFields(GRANTS),
  sort_by: z
    .enum(["created_at", "updated_at"])
    .optional()
    .openapi({ description: "created_at when absent." }),
  order_by: z
    .enum(["asc", "desc"])
    .optional()
    .openapi({ description: "desc when absent: the newest first." }),
  since: querySeconds("Created then or later."),
  before: querySeconds("Created then or earlier."),
  email: queryAddress("The account with this address, in any case."),
  grant_status: z.enum(["valid", "invalid"]).optional().openapi({
    description:
      "Accounts that are so now. With more than 10,000 that are invalid each account is looked at, which takes longer.",
  }),
  provider: queryText("Accounts of this provider: all are of nylas."),
  workspace_id: queryText("Accounts of this workspace, by its id."),
  ip: queryText("Accounts made from this address: none, as none has one."),
  account_id: queryText("Accounts of this one of the vendor's second version: none, as none has one."),
  account_ids: queryText("As account_id, several."),
});

function listOfQuery(query: z.infer<typeof grantQuery>): AccountList {
  const { limit, offset } = offsetRequest(query, GRANTS);
  const { provider, workspace_id: workspace, before } = query;
  // A filter that is passed over would answer with accounts that it was to leave out.
  const asksForNone = (query.ip ?? query.account_id ?? query.account_ids) !== undefined;
  const isEmpty =
    asksForNone || (provider ?? "nylas") !== "nylas" || (workspace !== undefined && !isUuid(workspace));
  return {
    size: isEmpty ? 0 : limit,
    skip: offset,
    sort: query.sort_by ?? "created_at",
    ascending: query.order_by === "asc",
    podId: workspace?.toLowerCase() ?? null,
    address: query.email ?? null,
    since: query.since ?? null,
    // What is shown of a time is its second.
    before: before === undefined ? null : new Date(before.getTime() + 1000),
    status: query.grant_status ?? null,
  };
}

const answer = dataSchema("GrantResponse", grant);

/** Fields of the operations' inputs under the names that requests have. */
const renamed = {
  displayName: ["name"],
  address: ["settings", "email"],
  expectedAddress: ["settings", "email"],
  appPassword: ["settings", "app_password"],
  expectedPolicyId: ["settings", "policy_id"],
  podId: ["workspace_id"],
};

export const connect = noun({
  name: "auth",
  title: "Creating accounts",
  about: "An account is created at once, without a sign-in.",
  parameters: {},
  routes: [
    route({
      method: "post",
      path: "/v3/connect/custom",
      name: "auth.customAuthentication",
      summary: "Create an account",
      description:
        "Creates an account, which receives mail from then on. An address that another account on this server has is refused with 409, one on a domain that is not verified with 404.",
      body: createGrantBody,
      bodyNamesObjects: true,
      fields: renamed,
      does: createAccount,
      input: ({ body: { settings, name = "", workspace_id: podId, state } }) =>
        fromWire({
          address: settings.email.trim(),
          app_password: settings.app_password,
          expected_policy_id: settings.policy_id,
          display_name: name,
          pod_id: podId,
          grouped: true,
          state,
        }),
      status: 201,
      answer,
      present: (account) => dataOf(toGrant(account)),
    }),
  ],
});

export const grants = noun({
  name: "grants",
  title: "Accounts",
  about: "Addresses: one for each agent.",
  parameters: {
    grant_id: {
      description:
        "The account: its id, its address, `external:` and the client_id of its inbox, or `me` with a key of an inbox.",
      example: "0197a3c0-7f00-7c11-8d22-2a3b4c5d6e7f",
    },
  },
  routes: [
    route({
      method: "get",
      path: "/v3/grants",
      name: "grants.list",
      summary: "List accounts",
      description:
        "The accounts that the key reaches, newest first. A key of a workspace sees its own, one of an account that account.",
      query: grantQuery,
      does: listAccounts,
      input: ({ query }) => listOfQuery(query),
      answer: offsetPageSchema("GrantsResponse", grant),
      present: (accounts, { query }) => offsetPageOf(accounts, offsetRequest(query, GRANTS), toGrant),
    }),
    route({
      method: "get",
      path: "/v3/grants/{grant_id}",
      name: "grants.find",
      summary: "Get an account",
      description: "One account. One outside the key's scope is answered like one that does not exist.",
      does: getAccount,
      input: () => undefined,
      answer,
      present: (account) => dataOf(toGrant(account)),
    }),
    route({
      method: "patch",
      path: "/v3/grants/{grant_id}",
      name: "grants.update",
      summary: "Update an account",
      description:
        "Changes what is given. The address cannot be changed. A workspace that is named moves the account there, which only a key of the application may; one with much mail is on its way for a while.",
      body: updateGrantBody,
      bodyNamesObjects: true,
      fields: renamed,
      does: updateAccount,
      input: ({ body: { settings, name, workspace_id: podId, state } }) =>
        fromWire({
          expected_address: settings?.email,
          app_password: settings?.app_password,
          expected_policy_id: settings?.policy_id,
          display_name: name,
          pod_id: podId,
          state,
        }),
      answer,
      present: (account) => dataOf(toGrant(account)),
    }),
    route({
      method: "delete",
      path: "/v3/grants/{grant_id}",
      name: "grants.destroy",
      summary: "Delete an account",
      description:
        "Deletes the account permanently, with all its mail and keys. Its address stops receiving at once.",
      does: deleteInbox,
      input: () => undefined,
      answer: doneSchema,
      present: done,
    }),
  ],
});
