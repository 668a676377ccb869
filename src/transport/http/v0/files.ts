/** Files of inboxes: the vendor's Agent Drive (agentmail-newest 2.2). Their bytes go and come by links: transport/http/files.ts. */
import { z } from "@hono/zod-openapi";
import {
  byPath,
  completeFile,
  createFile,
  DEFAULT_FILES_PAGE,
  deleteFile,
  getFile,
  listFiles,
  MAX_FILES_PAGE,
} from "../../../domain/mail/files/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { NextPage } from "../dialect/page-token.ts";
import { route } from "../dialect/route.ts";
import { storable } from "../dialect/storable.ts";
import { limitField } from "../dialect/whole-number.ts";
import { pageFields, pageSchema } from "./pages.ts";
import {
  createFileBody,
  quota,
  toV0CreatedFile,
  toV0File,
  toV0FileItem,
  v0CreatedFile,
  v0File,
  v0FileItem,
} from "./shapes/file.ts";
import { sample } from "./shapes/sample.ts";

const base = "/v0/inboxes/{inbox_id}/files";
const one = `${base}/{file_id}`;

const query = z.object({
  path_prefix: storable.optional().openapi({
    description:
      "Only files whose path begins with it, character by character: reports/q matches reports/q3.pdf.",
    example: "reports/",
  }),
  ...pageFields(byPath),
  limit: limitField({ fallback: DEFAULT_FILES_PAGE, max: MAX_FILES_PAGE }),
  ascending: z.stringbool().optional().openapi({
    description: "True or absent: in the order of paths. False: in the opposite one.",
    type: "boolean",
  }),
});

const sizeOf = ({ limit = DEFAULT_FILES_PAGE }: z.infer<typeof query>): number =>
  Math.min(limit, MAX_FILES_PAGE);

const list = pageSchema(
  "ListFilesResponse",
  "files",
  v0FileItem,
  "The files of this page, by their paths.",
).extend({
  limit: z.int().openapi({ description: "Items that the page may have.", example: 100 }),
});

const named = ({ file_id: fileId = "" }: Readonly<Record<string, string>>) => ({ fileId });

export const files = noun({
  name: "files",
  title: "Files",
  about:
    "Files that an inbox keeps under a path, to hand out links to them and to attach them by such a link: AgentMail's Agent Drive.",
  parameters: { file_id: { description: "The file's id.", example: sample.attachmentId } },
  routes: [
    route({
      method: "get",
      path: base,
      name: "inboxes.files.list",
      isOwn: true,
      summary: "List files",
      description: "The files of the inbox in the order of their paths, without links to their bytes.",
      query,
      does: listFiles,
      fields: { prefix: ["path_prefix"] },
      input: ({ query: { path_prefix: prefix = "", ...page } }) => ({
        prefix,
        size: sizeOf(page),
        after: page.page_token ?? null,
        ascending: page.ascending ?? true,
      }),
      answer: list,
      present: (page, presenting) => ({
        count: page.items.length,
        limit: sizeOf(presenting.query),
        ...(page.next !== null && { next_page_token: new NextPage(page.next) }),
        files: page.items.map(toV0FileItem),
      }),
    }),
    route({
      method: "post",
      path: base,
      name: "inboxes.files.create",
      isOwn: true,
      summary: "Create a file",
      description: `Announces a file, and gives an upload to PUT its bytes to; what differs from the size or digest announced is refused there. Then complete it. The same create once more gives the file that is there: while it is pending with a new upload, and completed if its bytes are there. Another one at its path replaces it while it is pending without bytes, and is answered with 409 from then on. The organization may have ${quota} in all, pending ones included. A key without file_read is answered with 409 for every taken path but those of its own files.`,
      body: createFileBody,
      does: createFile,
      input: ({ body }) => fromWire(body),
      status: 201,
      isRepeat: ({ isNew }) => !isNew,
      answer: v0CreatedFile,
      present: (file, { origin }) => toV0CreatedFile(file, origin),
    }),
    route({
      method: "get",
      path: one,
      name: "inboxes.files.get",
      isOwn: true,
      summary: "Get a file",
      description: "One file, with a new link to its bytes once it is ready.",
      does: getFile,
      input: ({ params }) => named(params),
      answer: v0File,
      present: (file, { origin }) => toV0File(file, origin),
    }),
    route({
      method: "post",
      path: `${one}/complete`,
      name: "inboxes.files.complete",
      isOwn: true,
      summary: "Complete a file",
      description:
        "Makes a file ready whose bytes were uploaded; of one that is ready already it gives that. 409 while its bytes are not there. A key without file_read completes those that it created alone.",
      does: completeFile,
      input: ({ params }) => named(params),
      answer: v0File,
      present: (file, { origin }) => toV0File(file, origin),
    }),
    route({
      method: "delete",
      path: one,
      name: "inboxes.files.delete",
      isOwn: true,
      summary: "Delete a file",
      description:
        "Deletes a file: its path is free at once, and its links end. A key without file_read deletes those that it created alone.",
      does: deleteFile,
      input: ({ params }) => named(params),
      status: 204,
    }),
  ],
});
