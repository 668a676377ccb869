/** Drafts, of the organization, of a pod, of an inbox (contract 7.9, 10). */
import { z } from "@hono/zod-openapi";
import {
  createDraft,
  deleteDraft,
  getDraft,
  getDraftAttachment,
  listDrafts,
  sendDraft,
  updateDraft,
} from "../../../domain/transit/drafts/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Route, route } from "../dialect/route.ts";
import { MAX_SEND_BYTES } from "../limits.ts";
import { idempotencyKeyOf } from "./idempotency.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { toV0AttachmentFile, v0AttachmentFile } from "./shapes/attachment.ts";
import { moment, queryList } from "./shapes/common.ts";
import {
  createDraftBody,
  sendDraftBody,
  toCreateDraft,
  toUpdateDraft,
  toV0Draft,
  toV0DraftItem,
  updateDraftBody,
  v0Draft,
  v0DraftItem,
} from "./shapes/draft.ts";
import { changeOf } from "./shapes/label-change.ts";
import { toV0Sent, v0Sent } from "./shapes/outgoing.ts";
import { sample } from "./shapes/sample.ts";

const listQuery = z.object({
  ...pageFields(),
  labels: queryList("Only drafts that carry all of these labels.", true).optional(),
  before: moment.optional().openapi({
    description: "Only drafts that last changed before this moment: ISO 8601 with Z or an offset.",
    example: sample.later,
  }),
  after: moment.optional().openapi({
    description: "Only drafts that last changed after this moment: ISO 8601 with Z or an offset.",
    example: sample.at,
  }),
});

const draftList = pageSchema("ListDraftsResponse", "drafts", v0DraftItem, "The drafts of this page.");

const draftIdOf = (params: Readonly<Record<string, string>>): string => params["draft_id"] ?? "";

const readRoutes = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/drafts`,
    name: `${client}drafts.list`,
    summary: `List drafts${at}`,
    description: `The drafts ${reach}, by the time of their last change, newest first, without their bodies. With the label scheduled: those that are to be sent by themselves.`,
    query: listQuery,
    does: listDrafts,
    input: ({ query }) => ({
      page: pageRequest(query),
      labels: query.labels ?? [],
      before: query.before ?? null,
      after: query.after ?? null,
    }),
    answer: draftList,
    present: (page, { query }) => pageEnvelope("drafts", page, query, toV0DraftItem),
  }),
  route({
    method: "get",
    path: `${prefix}/drafts/{draft_id}`,
    name: `${client}drafts.get`,
    summary: `Get a draft${at}`,
    description: "One draft with its bodies.",
    does: getDraft,
    input: ({ params }) => ({ draftId: draftIdOf(params) }),
    answer: v0Draft,
    present: toV0Draft,
  }),
  route({
    method: "get",
    path: `${prefix}/drafts/{draft_id}/attachments/{attachment_id}`,
    name: `${client}drafts.getAttachment`,
    summary: `Get an attachment of a draft${at}`,
    description: "A link to the attachment's bytes, which works for an hour without a key.",
    does: getDraftAttachment,
    input: ({ params }) => ({ draftId: draftIdOf(params), attachmentId: params["attachment_id"] ?? "" }),
    answer: v0AttachmentFile,
    present: (file, { origin }) => toV0AttachmentFile(file, origin),
  }),
];

const base = `${inboxMount.prefix}/drafts`;
const one = `${base}/{draft_id}`;

const writeRoutes = [
  route({
    method: "post",
    path: base,
    name: "inboxes.drafts.create",
    summary: "Create a draft",
    description:
      "Keeps a message that is not sent yet, and may be incomplete. Recipients, files and labels are checked as those of a send. With in_reply_to or forward_of it belongs to that message's thread. With send_at it is sent then, once, whether or not the server was down meanwhile; refused then, it has failed and says why. Repeated with the same client_id it is created once.",
    body: createDraftBody,
    bodyNamesObjects: true,
    maxBodyBytes: MAX_SEND_BYTES,
    does: createDraft,
    input: ({ body }) => toCreateDraft(body),
    answer: v0Draft,
    present: toV0Draft,
  }),
  route({
    method: "patch",
    path: one,
    name: "inboxes.drafts.update",
    summary: "Update a draft",
    description:
      "Changes what is given; null clears a field. send_at schedules it, anew when it had failed; null ends that. 409 while the draft is being changed or sent by another request.",
    body: updateDraftBody,
    maxBodyBytes: MAX_SEND_BYTES,
    does: updateDraft,
    fields: { attachments: ["add_attachments"] },
    input: ({ params, body }) => toUpdateDraft(draftIdOf(params), body),
    answer: v0Draft,
    present: toV0Draft,
  }),
  route({
    method: "delete",
    path: one,
    name: "inboxes.drafts.delete",
    summary: "Delete a draft",
    description: "Deletes the draft with its files. One that was scheduled is not sent.",
    does: deleteDraft,
    input: ({ params }) => ({ draftId: draftIdOf(params) }),
    status: 204,
  }),
  route({
    method: "post",
    path: `${one}/send`,
    name: "inboxes.drafts.send",
    summary: "Send a draft",
    description:
      "Sends the draft now, scheduled or not: it passes the checks of a send, becomes a message in its thread, and is gone. A reply whose message was deleted meanwhile is sent all the same; a forward is not. Repeated with the same Idempotency-Key it is sent once, and the answer is the first one; without a key the second request finds no draft.",
    idempotent: true,
    body: sendDraftBody,
    does: sendDraft,
    input: ({ params, body, header }) => ({
      draftId: draftIdOf(params),
      idempotencyKey: idempotencyKeyOf(header),
      ...changeOf(body),
    }),
    answer: v0Sent,
    present: toV0Sent,
  }),
];

export const drafts = noun({
  name: "drafts",
  title: "Drafts",
  about: "Messages that were not sent, and those to be sent at a time.",
  parameters: {
    draft_id: { description: "The draft's id.", example: sample.draftId },
  },
  routes: [...mount([organizationMount, podMount, inboxMount], (scope) => readRoutes(scope)), ...writeRoutes],
});
