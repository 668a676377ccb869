import { z } from "@hono/zod-openapi";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import type { Assigned } from "../../../../domain/tenancy/moves/index.ts";
import { MAX_ASSIGNED } from "../../../../domain/tenancy/moves/limits.ts";
import { isDefault, type Pod } from "../../../../domain/tenancy/pods/index.ts";
import { storable } from "../../dialect/storable.ts";
import { present, seconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

const workspaceId = z.uuid().openapi({
  description: "The workspace; of the default one it is the application's id.",
  example: sample.workspaceId,
});
const applicationId = z
  .uuid()
  .openapi({ description: "The application it belongs to.", example: sample.applicationId });
const domain = z.string().openapi({
  description: "The domain whose accounts it groups; empty when it groups none.",
  example: sample.domain,
});

export const workspace = z
  .object({
    workspace_id: workspaceId,
    application_id: applicationId,
    name: z.string().openapi({ description: "Its name.", example: "Acme" }),
    domain,
    auto_group: z.boolean().openapi({
      description: "Whether accounts of the domain are put into it without being assigned.",
      example: true,
    }),
    default: z
      .boolean()
      .openapi({ description: "Whether accounts that name no workspace are in it.", example: false }),
    policy_id: z.uuid().optional().openapi({
      description: "The policy that holds for its accounts; absent when none is attached.",
      example: sample.id,
    }),
    rule_ids: z.array(z.uuid()).openapi({
      description: "The rules attached to it, in the order they were given.",
      example: [sample.id],
    }),
    suspended_at: seconds(
      "Since when its keys are dead and its accounts refuse mail; absent when it is not suspended.",
    ).optional(),
    delete_after: seconds(
      "From when on it is deleted, with its accounts; absent when it is not to be.",
    ).optional(),
    created_at: seconds("When it was created."),
    updated_at: seconds("When it last changed."),
  })
  .openapi("Workspace", {
    title: "Workspace",
    description: "A group of accounts with a policy and rules in common.",
  });

/** Clients need `domain` and `rule_ids` on every workspace (nylas 3.4). */
export const toWorkspace = (pod: Pod): Record<string, unknown> =>
  present({
    workspace_id: pod.id,
    application_id: pod.organizationId,
    name: pod.name,
    domain: pod.groupDomain ?? "",
    auto_group: pod.autoGroup,
    default: isDefault(pod),
    policy_id: pod.policyId,
    rule_ids: pod.ruleIds,
    ...wire(pod, ["suspendedAt", "deleteAfter"]),
    ...wire(pod, ["createdAt", "updatedAt"]),
  });

const name = storable.openapi({
  description: `Its name: 1 to ${MAX_NAME_LENGTH} characters.`,
  minLength: 1,
  maxLength: MAX_NAME_LENGTH,
  example: "Acme",
});
const policyId = storable.nullable().optional().openapi({
  description: "A policy of the application; null detaches the one that is attached.",
  example: sample.id,
});
const ruleIds = z
  .array(storable)
  .nullable()
  .optional()
  .openapi({
    description:
      "Rules of the application, in place of those that are attached; null or an empty list detaches all.",
    example: [sample.id],
  });

export const createWorkspaceBody = z
  .object({
    name,
    domain: storable.optional().openapi({
      description: "The domain whose accounts it groups: no other workspace of the application may have it.",
      example: sample.domain,
    }),
    auto_group: z.boolean().optional().openapi({
      description:
        "Whether accounts of the domain are put into it without being assigned; true when absent and there is a domain.",
    }),
    policy_id: policyId,
    rule_ids: ruleIds,
  })
  .openapi("CreateWorkspaceRequest", { title: "Workspace to create" });

export const updateWorkspaceBody = z
  .object({
    name: name.optional(),
    domain: storable.optional().openapi({ description: "The domain that it has: another one is refused." }),
    auto_group: z.boolean().optional().openapi({ description: "Unchanged when absent." }),
    policy_id: policyId,
    rule_ids: ruleIds,
  })
  .openapi("UpdateWorkspaceRequest", {
    title: "Changes of a workspace",
    description:
      "What is absent stays as it is. Of the default workspace only policy_id and rule_ids can be changed.",
  });

export const autoGroupBody = z
  .object({
    after_created_at: z.int().min(0).max(253_402_300_799).optional().openapi({
      description: "Only accounts created after it. Unix seconds.",
      example: sample.at,
    }),
    invalid_also: z.boolean().optional().openapi({ description: "Paused accounts as well." }),
    specific_domain: storable.optional().openapi({
      description:
        "Accounts of this domain, whichever workspace they are in; those of the default workspace when absent.",
      example: sample.domain,
    }),
  })
  .openapi("AutoGroupRequest", { title: "Accounts to group" });

const grants = (description: string) =>
  z
    .array(storable)
    .max(MAX_ASSIGNED)
    .optional()
    .openapi({
      description: `${description} By id, address, or external: and client_id; ${MAX_ASSIGNED} at most.`,
    });

export const manualAssignBody = z
  .object({
    assign_grants: grants("Accounts to put into the workspace."),
    remove_grants: grants("Accounts of the workspace to put into the default one."),
  })
  .openapi("ManualAssignRequest", {
    title: "Accounts to assign",
    description: "One of the lists names an account at least.",
  });

export const startedGrouping = z
  .object({
    job_id: z.uuid().openapi({ description: "The job that does it.", example: sample.id }),
    message: z.string().openapi({ description: "That it began.", example: "auto-grouping started" }),
  })
  .openapi("AutoGroupStarted", { title: "Grouping that was started" });

export const assignedGrants = z
  .object({
    application_id: applicationId,
    workspace_id: workspaceId,
    domain,
    grants_assigned: z
      .array(z.uuid())
      .openapi({ description: "Accounts that are in the workspace now, or on their way to it." }),
    grants_removed: z
      .array(z.uuid())
      .openapi({ description: "Accounts that are in the default workspace now, or on their way to it." }),
  })
  .openapi("AssignedGrants", { title: "Accounts that were assigned" });

export const toAssignedGrants = ({ pod, assigned, removed }: Assigned): Record<string, unknown> => ({
  application_id: pod.organizationId,
  workspace_id: pod.id,
  domain: pod.groupDomain ?? "",
  grants_assigned: assigned,
  grants_removed: removed,
});
