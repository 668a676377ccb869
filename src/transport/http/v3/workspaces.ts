/** Workspaces: pods, as groups of accounts with a policy and rules in common (nylas 2.1, 3.4). */
import { z } from "@hono/zod-openapi";
import { assignInboxes, dissolvePod, groupInboxes } from "../../../domain/tenancy/moves/index.ts";
import { createPod, getPod, listAllPods, updatePod } from "../../../domain/tenancy/pods/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { dataOf, dataSchema, done, doneSchema, listOf, pageOf, pageSchema } from "./answers.ts";
import { type CursorQuery, cursorFields, cursorRequest, PAGE } from "./pages.ts";
import { sample } from "./shapes/sample.ts";
import {
  assignedGrants,
  autoGroupBody,
  createWorkspaceBody,
  manualAssignBody,
  startedGrouping,
  toAssignedGrants,
  toWorkspace,
  updateWorkspaceBody,
  workspace,
} from "./shapes/workspace.ts";
import { grantNamed } from "./targets.ts";

/** Clients know no pages of them, and have all or none (nylas 1.5). */
const isWhole = ({ limit, page_token: token }: CursorQuery): boolean =>
  limit === undefined && token === undefined;

const workspaceAnswer = dataSchema("WorkspaceResponse", workspace);

/** Fields of an object that are there; null counts where `Value` has it. */
const given = <Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } =>
  // Cast: what is left out is what is undefined.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]: Exclude<Fields[Name], undefined>;
  };

/** Fields of the operations' inputs under the names that requests have. */
const renamed = { groupDomain: ["domain"], assign: ["assign_grants"], remove: ["remove_grants"] };

export const workspaces = noun({
  name: "workspaces",
  title: "Workspaces",
  about: "Groups of accounts. A workspace is a pod: no key of one reaches the accounts of another.",
  parameters: {
    workspace_id: {
      description: "The workspace's id, or the domain that it groups.",
      example: sample.workspaceId,
    },
  },
  routes: [
    route({
      method: "get",
      path: "/v3/workspaces",
      name: "workspaces.list",
      summary: "List workspaces",
      description:
        "All of them, newest first, however many: the answer is written as they are read, and a failure on the way, as from a million workspaces on, breaks the connection. With a limit or a page_token a page of them, as of every other list. The key of a workspace sees its own alone.",
      query: z.object(cursorFields()),
      does: listAllPods,
      input: ({ query }) => ({
        ...cursorRequest(query, isWhole(query) ? { fallback: PAGE.max, max: PAGE.max } : PAGE),
        listed: isWhole(query) ? 0 : null,
      }),
      answer: pageSchema("WorkspacesResponse", workspace),
      present: (page, { query }) =>
        isWhole(query) ? listOf(page.items, toWorkspace) : pageOf(page, toWorkspace),
      whole: {
        of: ({ items }) => items.map(toWorkspace),
        next: ({ items, next }, { listed, ...piece }) =>
          listed === null || next === null ? null : { ...piece, after: next, listed: listed + items.length },
      },
    }),
    route({
      method: "post",
      path: "/v3/workspaces",
      name: "workspaces.create",
      summary: "Create a workspace",
      description: "Creates a workspace, with a domain whose accounts it groups if one is given.",
      body: createWorkspaceBody,
      fields: renamed,
      does: createPod,
      input: ({ body: { name, domain, auto_group, policy_id, rule_ids } }) =>
        given({
          name,
          groupDomain: domain,
          autoGroup: auto_group,
          policyId: policy_id,
          ruleIds: rule_ids ?? undefined,
        }),
      answer: workspaceAnswer,
      present: (pod) => dataOf(toWorkspace(pod)),
    }),
    route({
      method: "post",
      path: "/v3/workspaces/auto-group",
      name: "workspaces.autoGroup",
      summary: "Group accounts by domain",
      description:
        "Starts a job that puts accounts of the default workspace into the workspace with auto_group of their domain. Once a minute at most. An account that cannot move stays where it is.",
      body: autoGroupBody,
      fields: renamed,
      does: groupInboxes,
      input: ({ body: { after_created_at, invalid_also, specific_domain } }) =>
        given({
          createdAfter: after_created_at === undefined ? undefined : new Date(after_created_at * 1000),
          withPaused: invalid_also,
          specificDomain: specific_domain,
        }),
      answer: dataSchema("AutoGroupResponse", startedGrouping),
      present: ({ jobId }) => dataOf({ job_id: jobId, message: "auto-grouping started" }),
    }),
    route({
      method: "get",
      path: "/v3/workspaces/{workspace_id}",
      name: "workspaces.find",
      summary: "Get a workspace",
      description: "One workspace. One outside the key's scope is answered like one that does not exist.",
      does: getPod,
      input: () => undefined,
      answer: workspaceAnswer,
      present: (pod) => dataOf(toWorkspace(pod)),
    }),
    route({
      method: "patch",
      path: "/v3/workspaces/{workspace_id}",
      name: "workspaces.update",
      summary: "Change a workspace",
      description:
        "Changes the fields that are given. What is attached holds from the next message on, in every process.",
      body: updateWorkspaceBody,
      fields: renamed,
      does: updatePod,
      input: ({ body: { name, domain, auto_group, policy_id, rule_ids } }) =>
        given({ name, groupDomain: domain, autoGroup: auto_group, policyId: policy_id, ruleIds: rule_ids }),
      answer: workspaceAnswer,
      present: (pod) => dataOf(toWorkspace(pod)),
    }),
    route({
      method: "delete",
      path: "/v3/workspaces/{workspace_id}",
      name: "workspaces.destroy",
      summary: "Delete a workspace",
      description:
        "Deletes a workspace with its keys. Its accounts go to the default workspace with all that they hold, and so do its domains. The default workspace cannot be deleted.",
      does: dissolvePod,
      input: () => undefined,
      answer: doneSchema,
      present: done,
    }),
    route({
      method: "post",
      path: "/v3/workspaces/{workspace_id}/manual-assign",
      name: "workspaces.manualAssign",
      summary: "Assign accounts to a workspace",
      description:
        "Moves accounts into the workspace, or out of it into the default one, with all that they hold: all that are named, or none. A large account is on its way when this answers, and closed until it is there.",
      body: manualAssignBody,
      bodyNamesObjects: true,
      fields: renamed,
      does: assignInboxes,
      input: ({ body: { assign_grants = [], remove_grants = [] } }) => ({
        assign: assign_grants.map(grantNamed),
        remove: remove_grants.map(grantNamed),
      }),
      answer: dataSchema("ManualAssignResponse", assignedGrants),
      present: (assigned) => dataOf(toAssignedGrants(assigned)),
    }),
  ],
});
