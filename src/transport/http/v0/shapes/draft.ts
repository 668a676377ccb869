/** Drafts, and the bodies that create and change them (contract 6.9). */
import { z } from "@hono/zod-openapi";
import { MAX_ATTACHMENTS, MAX_LABELS, MAX_REFERENCES } from "../../../../domain/limits.ts";
import type {
  CreateDraft,
  Draft,
  FullDraft,
  Schedule,
  UpdateDraft,
} from "../../../../domain/transit/drafts/index.ts";
import { MAX_SCHEDULE_DAYS } from "../../../../domain/transit/drafts/limits.ts";
import {
  MAX_ATTACHMENT_URLS,
  MAX_HEADER_VALUE_LENGTH,
  MAX_RECIPIENTS,
} from "../../../../domain/transit/sends/limits.ts";
import { fromWire } from "../../dialect/naming.ts";
import { inWireNames, wireErrors } from "../errors.ts";
import { toV0Attachment, v0Attachment } from "./attachment.ts";
import { bodyList, freeText, moment, present, timestamp, wire } from "./common.ts";
import {
  clientId,
  createdAt,
  inboxId,
  labelRules,
  newClientId,
  organizationId,
  podId,
  updatedAt,
} from "./fields.ts";
import { changeOf, labelChange } from "./label-change.ts";
import { addresses, addressForm, attachmentList } from "./outgoing.ts";
import { sample } from "./sample.ts";

const people = (description: string) =>
  z
    .array(z.string())
    .optional()
    .openapi({
      description: `${description}, each as user@host or Display Name <user@host>; absent when there are none.`,
      example: [sample.person],
    });

const itemFields = {
  organization_id: organizationId,
  pod_id: podId,
  inbox_id: inboxId,
  draft_id: z.uuid().openapi({ description: "The draft's id.", example: sample.draftId }),
  labels: z.array(z.string()).openapi({
    description:
      "Labels that the message will have besides sent; and scheduled, which the server sets, while it is to be sent by itself.",
    example: ["newsletter"],
  }),
  to: people("Recipients in To"),
  cc: people("Recipients in Cc"),
  bcc: people("Blind copies"),
  subject: z
    .string()
    .optional()
    .openapi({ description: "The subject; absent without one.", example: "Invoice for July" }),
  preview: z.string().optional().openapi({
    description: "The beginning of its text, 200 characters at most; absent when it has no text.",
    example: "Hello Ada",
  }),
  attachments: z.array(v0Attachment).optional().openapi({
    description:
      "Its files, in order; absent when it has none. Those of a message that it forwards are added when it is sent.",
  }),
  in_reply_to: z.string().optional().openapi({
    description: "Message-ID of the message that it replies to; absent when it is no reply.",
    example: sample.messageId,
  }),
  forward_of: z.string().optional().openapi({
    description: "Message-ID of the message that it forwards; absent when it is no forward.",
  }),
  send_status: z.enum(["scheduled", "sending", "failed"]).optional().openapi({
    description:
      "scheduled: it is sent at send_at. failed: it was refused then, and is not tried again until send_at is changed. Absent: it is sent when you send it. A draft is sent in one step, so sending does not show.",
  }),
  send_at: timestamp.optional().openapi({
    description: "When it is sent, or was to be sent; absent when it is not scheduled.",
    example: sample.later,
  }),
  send_error: z
    .object({
      name: z.string().openapi({ description: "Name of the error.", example: "MessageRejectedError" }),
      code: z
        .string()
        .openapi({ description: "Its code, as a send is answered with.", example: "inbox_paused" }),
      message: z.string().openapi({ description: "What was wrong.", example: "The inbox is paused" }),
      fix: z.string().optional().openapi({ description: "What can be done about it." }),
    })
    .optional()
    .openapi({ description: "Why it was not sent; only with send_status failed." }),
  updated_at: updatedAt.openapi({
    description: "When it last changed. Lists are in this order.",
    example: sample.at,
  }),
};

const itemSample = {
  organization_id: sample.organizationId,
  pod_id: sample.podId,
  inbox_id: sample.inbox,
  draft_id: sample.draftId,
  labels: ["scheduled", "newsletter"],
  to: [sample.person],
  subject: "Invoice for July",
  preview: "Hello Ada",
  send_status: "scheduled",
  send_at: sample.later,
  updated_at: sample.at,
} as const;

export const v0DraftItem = z.object(itemFields).openapi("DraftItem", {
  title: "Draft without its bodies",
  description: "A draft as lists give it.",
  example: itemSample,
});

export const v0Draft = z
  .object({
    ...itemFields,
    client_id: clientId.optional(),
    reply_to: people("Where replies go, if not to the inbox"),
    text: z.string().optional().openapi({ description: "Its plain text; absent without one." }),
    html: z.string().optional().openapi({ description: "Its HTML; absent without one." }),
    references: z
      .array(z.string())
      .optional()
      .openapi({
        description: `References that the message will have: Message-IDs of the thread, newest last, ${MAX_REFERENCES} at most; absent when there are none.`,
        example: [sample.messageId],
      }),
    created_at: createdAt,
  })
  .openapi("Draft", {
    title: "Draft",
    description: "A message that was not sent.",
    example: { ...itemSample, text: "Hello Ada", created_at: sample.at },
  });

const some = <Item>(list: readonly Item[]): readonly Item[] | undefined =>
  list.length === 0 ? undefined : list;

export const toV0DraftItem = (draft: Draft): Record<string, unknown> =>
  present({
    ...wire(draft, ["organizationId", "podId"]),
    inbox_id: draft.inboxAddress,
    draft_id: draft.id,
    labels: draft.labels,
    to: some(draft.to),
    cc: some(draft.cc),
    bcc: some(draft.bcc),
    ...wire(draft, ["subject", "preview"]),
    attachments: some(draft.attachments)?.map(toV0Attachment),
    [draft.kind === "forward" ? "forward_of" : "in_reply_to"]: draft.source?.messageId,
    ...scheduleOf(draft.schedule),
    ...wire(draft, ["updatedAt"]),
  });

function scheduleOf(schedule: Schedule | null): Record<string, unknown> {
  if (schedule === null) return {};
  const shown = { send_status: schedule.status, send_at: schedule.sendAt.toISOString() };
  if (schedule.status !== "failed") return shown;
  const { code, message, hint } = schedule.failure;
  const { name, code: wireCode } = wireErrors[code];
  const fix = hint === null ? undefined : inWireNames(hint);
  return { ...shown, send_error: present({ name, code: wireCode, message: inWireNames(message), fix }) };
}

export const toV0Draft = (draft: FullDraft): Record<string, unknown> => ({
  ...toV0DraftItem(draft),
  ...present({
    ...wire(draft, ["clientId", "text", "html"]),
    reply_to: some(draft.replyTo),
    references: some(draft.references),
    ...wire(draft, ["createdAt"]),
  }),
});

const sendAt = `When to send it: ISO 8601 with Z or an offset, ${MAX_SCHEDULE_DAYS} days ahead at most; what is over means now.`;
const subject = `The subject: ${MAX_HEADER_VALUE_LENGTH} characters at most, on one line.`;
const files = `Files: a draft has ${MAX_ATTACHMENTS} at most; ${MAX_ATTACHMENT_URLS} of a request by URL, which are fetched before it is answered. A single one need not be in a list.`;

export const createDraftBody = z
  .object({
    labels: bodyList(freeText, {
      description: `Labels of the draft, and of the message that it becomes. ${labelRules}`,
      maxItems: MAX_LABELS,
      example: ["newsletter"],
    }).optional(),
    reply_to: addresses(`Where replies go, if not to the inbox; ${MAX_RECIPIENTS} at most.`, sample.person),
    to: addresses(`Recipients in To: ${addressForm}`, sample.person),
    cc: addresses(`Recipients in Cc: ${addressForm}`, "team@example.org"),
    bcc: addresses(`Blind copies: ${addressForm}`, "audit@example.com"),
    subject: freeText.optional().openapi({
      description: `${subject} Absent: that of the message it replies to or forwards.`,
      maxLength: MAX_HEADER_VALUE_LENGTH,
      example: "Invoice for July",
    }),
    text: freeText.optional().openapi({ description: "The message as plain text." }),
    html: freeText.optional().openapi({ description: "The message as HTML." }),
    attachments: attachmentList(files),
    in_reply_to: z.string().optional().openapi({
      description:
        "Message-ID of a message of the inbox: the draft is a reply in its thread. Recipients and subject follow from it where you give none.",
      example: sample.messageId,
    }),
    forward_of: z.string().optional().openapi({
      description:
        "Message-ID of a message of the inbox, which is forwarded below your own text when the draft is sent. Not with in_reply_to.",
    }),
    reply_all: z.boolean().optional().openapi({
      description:
        "True: to the sender and all recipients of the message in in_reply_to; then to, cc and bcc must be absent. False when absent.",
    }),
    send_at: moment.optional().openapi({
      description: `${sendAt} Absent: it waits until you send it.`,
      example: sample.later,
    }),
    client_id: newClientId("draft", "the inbox").optional(),
  })
  .openapi("CreateDraftRequest", {
    title: "Draft to create",
    description: "Nothing is needed until it is sent.",
    example: { to: [sample.person], subject: "Invoice for July", text: "Hello Ada" },
  });

export const updateDraftBody = z
  .object({
    reply_to: addresses("Where replies go. Null or an empty list: to the inbox.", sample.person).nullable(),
    to: addresses(`Recipients in To: ${addressForm} Null or an empty list: none.`, sample.person).nullable(),
    cc: addresses(`Recipients in Cc: ${addressForm} Null or an empty list: none.`, sample.person).nullable(),
    bcc: addresses(`Blind copies: ${addressForm} Null or an empty list: none.`, sample.person).nullable(),
    subject: freeText
      .nullable()
      .optional()
      .openapi({
        description: `${subject} Null: none.`,
        maxLength: MAX_HEADER_VALUE_LENGTH,
        example: "Invoice for August",
      }),
    text: freeText.nullable().optional().openapi({ description: "The message as plain text. Null: none." }),
    html: freeText.nullable().optional().openapi({ description: "The message as HTML. Null: none." }),
    add_attachments: attachmentList(files),
    remove_attachments: bodyList(z.string(), {
      description: "Ids of files to take off, each of which it has.",
      maxItems: MAX_ATTACHMENTS,
      example: [sample.attachmentId],
    }).optional(),
    ...labelChange,
    send_at: moment
      .nullable()
      .optional()
      .openapi({
        description: `${sendAt} Null: it is not sent by itself any more.`,
        type: "string",
        format: "date-time",
        example: sample.later,
      }),
  })
  .openapi("UpdateDraftRequest", {
    title: "Changes of a draft",
    description: "What is absent stays as it is.",
    example: { subject: "Invoice for August", send_at: sample.later },
  });

export const sendDraftBody = z.object(labelChange).openapi("SendDraftRequest", {
  title: "Draft to send",
  description: "Changes of the labels that the message gets from the draft.",
  example: { add_labels: ["approved"] },
});

export function toCreateDraft(body: z.infer<typeof createDraftBody>): CreateDraft {
  const { reply_all, attachments, ...rest } = body;
  return {
    ...fromWire(rest),
    ...fromWire({ attachments: attachments?.map((one) => fromWire(one)) }),
    replyAll: reply_all === true,
  };
}

export function toUpdateDraft(draftId: string, body: z.infer<typeof updateDraftBody>): UpdateDraft {
  const { add_attachments, remove_attachments = [], add_labels, remove_labels, ...rest } = body;
  return {
    ...fromWire(rest),
    ...fromWire({ attachments: add_attachments?.map((one) => fromWire(one)) }),
    draftId,
    removeAttachments: remove_attachments,
    ...changeOf({ add_labels, remove_labels }),
  };
}
