import { z } from "@hono/zod-openapi";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import type { Inbox } from "../../../../domain/tenancy/inboxes/index.ts";
import { MAX_METADATA_KEYS, MAX_METADATA_LENGTH } from "../../../../domain/tenancy/inboxes/limits.ts";
import { fromWire } from "../../dialect/naming.ts";
import { pausedStatus, present, statusOf, wire } from "./common.ts";
import { clientId, createdAt, inboxId, newClientId, organizationId, podId, updatedAt } from "./fields.ts";
import { sample } from "./sample.ts";

const metadataValue = z.union([z.string(), z.number(), z.boolean()]);

const metadataRules = `${MAX_METADATA_KEYS} keys at most; keys and text values of ${MAX_METADATA_LENGTH} characters at most.`;

const displayName = z.string().openapi({
  description: "Name before the address in the From of its mail; absent when it is empty.",
  example: "Scout",
});

const status = z.enum(["active", "paused"]);

const metadata = z.record(z.string(), metadataValue).openapi({
  description: "Your own data: texts, numbers, true or false. Absent when there are none.",
  example: { customer: "42", trial: true },
});

export const v0Inbox = z
  .object({
    organization_id: organizationId,
    pod_id: podId,
    inbox_id: inboxId.openapi({
      description: "The inbox's id, which is its address in lower case; unique on this server.",
    }),
    email: z.string().openapi({ description: "The address; the same as inbox_id.", example: sample.inbox }),
    display_name: displayName.optional(),
    client_id: clientId.optional().openapi({ example: sample.inboxClientId }),
    metadata: metadata.optional(),
    status: pausedStatus.optional().openapi({
      description:
        "`paused` while the inbox itself is paused: it neither sends nor receives. Absent otherwise; its pod or organization may be paused besides.",
    }),
    moving_to: z.uuid().optional().openapi({
      description:
        "The pod that it is on its way to; absent when it is on none. Until it is there everything but this answer is refused with 409.",
      example: sample.podId,
    }),
    updated_at: updatedAt,
    created_at: createdAt,
  })
  .openapi("Inbox", {
    title: "Inbox",
    description: "One address, with the mail that it received and sent.",
    example: {
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      inbox_id: sample.inbox,
      email: sample.inbox,
      display_name: "Scout",
      client_id: sample.inboxClientId,
      metadata: { customer: "42", trial: true },
      updated_at: sample.at,
      created_at: sample.at,
    },
  });

/** What a create or an update says of the inbox, as the domain takes it. */
export const fromV0Inbox = <Body extends { readonly status?: "active" | "paused" | undefined }>({
  status,
  ...body
}: Body) => fromWire({ ...body, paused: status === undefined ? undefined : status === "paused" });

export const createInboxBody = z
  .object({
    username: z.string().optional().openapi({
      description:
        "The part before the @, in any case: 1 to 64 of the characters a-z 0-9 . _ - without a dot at either end or two in a row. Generated when absent, such as calmheron207.",
      minLength: 1,
      maxLength: 64,
      example: "scout",
    }),
    domain: z.string().optional().openapi({
      description:
        "The part after the @: a verified domain of the pod or of the organization, or a name below one that allows subdomains. The server's own domain when absent.",
      example: sample.domain,
    }),
    display_name: displayName.optional().openapi({
      description: `Name before the address in the From of its mail: ${MAX_NAME_LENGTH} characters at most, on one line; empty for none. The server's own default when absent.`,
      maxLength: MAX_NAME_LENGTH,
    }),
    client_id: newClientId("inbox", "the pod").optional().openapi({ example: sample.inboxClientId }),
    metadata: metadata.optional().openapi({
      description: `Your own data: texts, numbers, true or false. ${metadataRules}`,
      maxProperties: MAX_METADATA_KEYS,
    }),
    status: status.optional().openapi({
      description: "`paused`: it is made paused, and neither sends nor receives until it is resumed.",
      example: "active",
    }),
  })
  .openapi("CreateInboxRequest", {
    title: "Inbox to create",
    description: "Every field may be left out.",
    example: {
      username: "scout",
      domain: sample.domain,
      display_name: "Scout",
      client_id: sample.inboxClientId,
    },
  });

export const updateInboxBody = z
  .object({
    display_name: displayName
      .nullable()
      .optional()
      .openapi({
        description: `Name before the address in the From of its mail from now on: ${MAX_NAME_LENGTH} characters at most, on one line; null or empty for none. Unchanged when absent.`,
        maxLength: MAX_NAME_LENGTH,
      }),
    metadata: z
      .record(z.string(), metadataValue.nullable())
      .nullable()
      .optional()
      .openapi({
        description: `Merged into the stored metadata, and so not empty: null for a key deletes it, null as a whole deletes all. Unchanged when absent. In total, ${metadataRules}`,
        example: { trial: null, plan: "pro" },
      }),
    status: status.optional().openapi({
      description:
        "`paused` has it neither send nor receive, `active` ends that; its mail and keys stay. A key narrower than the one that paused it may not resume it. Unchanged when absent.",
      example: "active",
    }),
  })
  .refine(
    (body) => body.display_name !== undefined || body.metadata !== undefined || body.status !== undefined,
    { message: "display_name, metadata or status must be specified" },
  )
  .openapi("UpdateInboxRequest", {
    title: "Changes of an inbox",
    description: "One of the three at least.",
    example: { display_name: "Scout", metadata: { trial: null, plan: "pro" } },
  });

export const toV0Inbox = (inbox: Inbox): Record<string, unknown> =>
  present({
    ...wire(inbox, ["organizationId", "podId"]),
    inbox_id: inbox.address,
    email: inbox.address,
    ...wire(inbox, ["displayName", "clientId", "metadata"]),
    status: statusOf(inbox),
    ...wire(inbox, ["movingTo", "updatedAt", "createdAt"]),
  });
