import { z } from "@hono/zod-openapi";
import { entryTypeOf, type ListEntry } from "../../../../domain/guardrails/lists/index.ts";
import { MAX_LIST_ENTRIES } from "../../../../domain/guardrails/lists/limits.ts";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import { present, wire } from "./common.ts";
import { createdAt, inboxId, organizationId, podId } from "./fields.ts";
import { sample } from "./sample.ts";

export const v0ListEntry = z
  .object({
    entry: z.string().openapi({
      description:
        "The address or domain name in lower case, the domain in its xn-- form: the entry's name in paths. A domain means itself, not those below it.",
      example: "spammer@example.net",
    }),
    organization_id: organizationId,
    pod_id: podId.optional().openapi({ description: "The pod whose list it is on, or whose inbox's." }),
    inbox_id: inboxId.optional().openapi({ description: "The inbox whose list it is on: its address." }),
    reason: z
      .string()
      .optional()
      .openapi({ description: "Why it is there, in the words of who put it there." }),
    direction: z
      .enum(["send", "receive", "reply"])
      .openapi({ description: "What the list is asked about.", example: "send" }),
    list_type: z.enum(["allow", "block"]).openapi({ description: "What the list does.", example: "block" }),
    entry_type: z
      .enum(["email", "domain"])
      .openapi({ description: "Whether it is an address or a domain name.", example: "email" }),
    read_only: z.boolean().optional().openapi({
      description:
        "True for an address that is suppressed, because mail to it bounced or was complained of, or its recipient unsubscribed: its pod's suppressions take it off. Absent otherwise.",
      example: true,
    }),
    created_at: createdAt,
  })
  .openapi("ListEntry", {
    title: "Entry of an allow or block list",
    description: "An address or a domain on one of the six lists of an inbox, a pod or the organization.",
    example: {
      entry: "spammer@example.net",
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      inbox_id: sample.inbox,
      reason: "Asked to be left alone",
      direction: "send",
      list_type: "block",
      entry_type: "email",
      created_at: sample.at,
    },
  });

export const createListEntryBody = z
  .object({
    entry: z.string().openapi({
      description: `An email address or a domain name, in any case and script. One list of an inbox, a pod or the organization has ${MAX_LIST_ENTRIES} entries at most.`,
      example: "spammer@example.net",
    }),
    reason: z
      .string()
      .optional()
      .openapi({
        description: `Why, for people to read; ${MAX_NAME_LENGTH} characters at most.`,
        maxLength: MAX_NAME_LENGTH,
        example: "Asked to be left alone",
      }),
  })
  .openapi("CreateListEntryRequest", {
    title: "Entry to put on a list",
    example: { entry: "spammer@example.net", reason: "Asked to be left alone" },
  });

export const toV0ListEntry = (entry: ListEntry): Record<string, unknown> =>
  present({
    ...wire(entry, ["entry", "organizationId", "podId"]),
    inbox_id: entry.inboxAddress,
    ...wire(entry, ["reason", "direction", "listType"]),
    entry_type: entryTypeOf(entry.entry),
    read_only: entry.isReadOnly ? true : null,
    ...wire(entry, ["createdAt"]),
  });
