/** Pods: tenants (contract 7.4). */

import { z } from "@hono/zod-openapi";
import { type ExportCursor, type Exported, exportPod } from "../../../domain/fleet/exports/index.ts";
import {
  createPod,
  deletePod,
  erasePod,
  getPod,
  listPods,
  pausePod,
  resumePod,
  suspendPod,
  unsuspendPod,
  updatePod,
} from "../../../domain/tenancy/pods/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { route } from "../dialect/route.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { exportFiles } from "./shapes/export.ts";
import { createPodBody, suspendPodBody, toV0Pod, updatePodBody, v0Pod } from "./shapes/pod.ts";
import { sample } from "./shapes/sample.ts";

const podList = pageSchema("ListPodsResponse", "pods", v0Pod, "The pods of this page.");

export const pods = noun({
  name: "pods",
  title: "Pods",
  about: "Tenants: no key of one pod can see what another holds.",
  parameters: {
    pod_id: {
      description: "The pod's id, or the client_id it was created with.",
      example: sample.podId,
    },
  },
  routes: [
    route({
      method: "get",
      path: "/v0/pods",
      name: "pods.list",
      summary: "List pods",
      description: "The pods that the key reaches, newest first. A pod's key sees its own pod only.",
      query: z.object(pageFields()),
      does: listPods,
      input: ({ query }) => pageRequest(query),
      answer: podList,
      present: (page, { query }) => pageEnvelope("pods", page, query, toV0Pod),
    }),
    route({
      method: "post",
      path: "/v0/pods",
      name: "pods.create",
      summary: "Create a pod",
      description:
        "Creates a pod for one tenant. With a client_id that was used before nothing is created: the answer is the pod created then.",
      body: createPodBody,
      does: createPod,
      input: ({ body }) => fromWire(body),
      answer: v0Pod,
      present: toV0Pod,
    }),
    route({
      method: "get",
      path: "/v0/pods/{pod_id}",
      name: "pods.get",
      summary: "Get a pod",
      description:
        "One pod, by its id or by the client_id it was created with. One outside the key's scope is answered like one that does not exist.",
      does: getPod,
      input: () => undefined,
      answer: v0Pod,
      present: toV0Pod,
    }),
    route({
      method: "patch",
      path: "/v0/pods/{pod_id}",
      isOwn: true,
      name: "pods.update",
      summary: "Rename a pod",
      description: "Changes the pod's display name. The Default Pod keeps its own.",
      body: updatePodBody,
      does: updatePod,
      input: ({ body }) => fromWire(body),
      answer: v0Pod,
      present: toV0Pod,
    }),
    route({
      method: "delete",
      path: "/v0/pods/{pod_id}",
      name: "pods.delete",
      summary: "Delete a pod",
      description:
        "Deletes an empty pod with its keys and webhooks. One that still has inboxes or domains is refused with 409, and so is the Default Pod.",
      does: deletePod,
      input: () => undefined,
      status: 204,
    }),
    route({
      method: "post",
      path: "/v0/pods/{pod_id}/pause",
      isOwn: true,
      name: "pods.pause",
      summary: "Pause a pod",
      description:
        "From the next request and the next SMTP recipient on, no inbox of the pod sends or receives: sends are refused with 403 `inbox_paused`, and other servers are told to try again later. Mail and keys stay. Pausing it again changes nothing.",
      does: pausePod,
      input: () => undefined,
      answer: v0Pod,
      present: toV0Pod,
    }),
    route({
      method: "post",
      path: "/v0/pods/{pod_id}/resume",
      isOwn: true,
      name: "pods.resume",
      summary: "Resume a pod",
      description: "Ends the pod's pause. Inboxes that are paused themselves stay so.",
      does: resumePod,
      input: () => undefined,
      answer: v0Pod,
      present: toV0Pod,
    }),
    route({
      method: "post",
      path: "/v0/pods/{pod_id}/suspend",
      isOwn: true,
      name: "pods.suspend",
      summary: "Suspend a pod",
      description:
        "From the next request and the next SMTP recipient on, every key of the pod and of its inboxes is refused with 403 `pod_suspended`, mail to it is rejected permanently (550), and nothing of it is sent. Its mail stays. With delete_after it is deleted then, with all that it holds. Suspending it again changes when it is deleted.",
      body: suspendPodBody,
      does: suspendPod,
      input: ({ body }) => fromWire(body),
      answer: v0Pod,
      present: toV0Pod,
    }),
    route({
      method: "post",
      path: "/v0/pods/{pod_id}/unsuspend",
      isOwn: true,
      name: "pods.unsuspend",
      summary: "Unsuspend a pod",
      description:
        "Ends the pod's suspension: its keys work again, mail to it is taken, and it is not deleted any more. A pause of its own stays.",
      does: unsuspendPod,
      input: () => undefined,
      answer: v0Pod,
      present: toV0Pod,
    }),
    route({
      method: "get",
      path: "/v0/pods/{pod_id}/export",
      isOwn: true,
      name: "pods.export",
      summary: "Export a pod",
      description:
        "All that a pod holds, as a tar archive in one folder: pod.json, domains.json, webhooks.json, api-keys.json, list-entries.json and inboxes.json without secrets; drafts.json, and each file of a draft as drafts/DRAFT/ATTACHMENT; each message as inboxes/ADDRESS/ID.eml, with what its bytes do not say in messages.json, messages-2.json and so on; each file of an inbox as inboxes/ADDRESS/files/ID, with its path in files.json (files-N.json when there are many); manifest.json, the last file, says how many messages and files there are. An archive without it was cut. Messages that were stored after it began are not in it; of a suspended pod it is all there is.",
      does: exportPod,
      input: () => ({ cursor: null as ExportCursor | null }),
      archive: {
        filename: ({ podId }: Exported) => `${podId}.tar`,
        of: (exported) => exportFiles(exported),
        next: ({ next }, _input) => (next === null ? null : { cursor: next }),
      },
    }),
    route({
      method: "post",
      path: "/v0/pods/{pod_id}/erase",
      isOwn: true,
      name: "pods.erase",
      summary: "Delete a pod with all that it holds",
      description:
        "Deletes the pod with its inboxes, mail, domains, keys and webhooks. With the answer its keys are dead, and its addresses and client_id are free; what it held is deleted in the background, from then on. Nothing of it can be brought back.",
      does: erasePod,
      input: () => undefined,
      status: 204,
    }),
  ],
});
