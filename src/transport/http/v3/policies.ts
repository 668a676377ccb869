/** Policies: what the accounts of a workspace may send, receive and keep (nylas 2.3). */
import { z } from "@hono/zod-openapi";
import {
  createPolicy,
  deletePolicy,
  getPolicy,
  listPolicies,
  updatePolicy,
} from "../../../domain/guardrails/policies/index.ts";
import { noun } from "../dialect/dialect.ts";
import { limitFields } from "../dialect/limit-names.ts";
import { type Params, route } from "../dialect/route.ts";
import { dataOf, dataSchema, done, doneSchema, pageOf, pageSchema } from "./answers.ts";
import { cursorFields, cursorRequest } from "./pages.ts";
import { createPolicyBody, fromPolicyBody, policy, toPolicy, updatePolicyBody } from "./shapes/policy.ts";
import { sample } from "./shapes/sample.ts";

const path = "/v3/policies";
const one = dataSchema("PolicyResponse", policy);
const named = ({ policy_id: id = "" }: Params) => ({ id });

const maxima =
  "A limit above the server's maximum is refused with 403; the answer shows what holds, also of what is not set.";

export const policies = noun({
  name: "policies",
  title: "Policies",
  about: "What the accounts of workspaces may send, receive and keep.",
  parameters: { policy_id: { description: "The policy.", example: sample.id } },
  routes: [
    route({
      method: "get",
      path,
      name: "policies.list",
      summary: "List policies",
      description: "All policies, newest first. A key of a workspace sees the one that is attached to it.",
      query: z.object(cursorFields()),
      does: listPolicies,
      input: ({ query }) => cursorRequest(query),
      answer: pageSchema("PoliciesResponse", policy),
      present: (page) => pageOf(page, toPolicy),
    }),
    route({
      method: "post",
      path,
      name: "policies.create",
      summary: "Create a policy",
      description: `It holds for no account before it is attached to a workspace. ${maxima}`,
      body: createPolicyBody,
      does: createPolicy,
      fields: limitFields,
      input: ({ body: { name, ...body } }) => ({ name, ...fromPolicyBody(body) }),
      answer: one,
      present: (made) => dataOf(toPolicy(made)),
    }),
    route({
      method: "get",
      path: `${path}/{policy_id}`,
      name: "policies.find",
      summary: "Get a policy",
      description: "One policy.",
      does: getPolicy,
      input: ({ params }) => named(params),
      answer: one,
      present: (found) => dataOf(toPolicy(found)),
    }),
    route({
      method: "put",
      path: `${path}/{policy_id}`,
      name: "policies.update",
      summary: "Update a policy",
      description: `Changes what is given; of limits and spam_detection each key for itself. It holds with the next message of every account. ${maxima}`,
      body: updatePolicyBody,
      does: updatePolicy,
      fields: limitFields,
      input: ({ params, body: { name, ...body } }) => ({
        ...named(params),
        ...(name !== undefined && { name }),
        ...fromPolicyBody(body),
      }),
      answer: one,
      present: (changed) => dataOf(toPolicy(changed)),
    }),
    route({
      method: "delete",
      path: `${path}/{policy_id}`,
      name: "policies.destroy",
      summary: "Delete a policy",
      description: "Refused with 409 while it is attached to a workspace, which the message names.",
      does: deletePolicy,
      input: ({ params }) => named(params),
      answer: doneSchema,
      present: done,
    }),
  ],
});
