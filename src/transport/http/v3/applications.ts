/** The application: the organization of the key, and its redirect URIs (nylas 2.1). */
import {
  createCallbackUri,
  deleteCallbackUri,
  getCallbackUri,
  getProfile,
  updateCallbackUri,
  updateProfile,
} from "../../../domain/tenancy/profiles/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Params, type Route, route } from "../dialect/route.ts";
import { dataOf, dataSchema, done, doneSchema, listOf, listSchema } from "./answers.ts";
import {
  application,
  createRedirectUriBody,
  redirectUri,
  toApplication,
  toRedirectUri,
  updateApplicationBody,
  updateRedirectUriBody,
} from "./shapes/application.ts";
import { sample } from "./shapes/sample.ts";

const path = "/v3/applications";
const whole = dataSchema("ApplicationResponse", application);

export const applications = noun({
  name: "applications",
  title: "Application",
  about: "Everything that an operator's keys can reach.",
  parameters: {},
  routes: [
    route({
      method: "get",
      path,
      name: "applications.getDetails",
      summary: "Get the application",
      description: "The application of the key. Only a key of the organization sees its redirect URIs.",
      does: getProfile,
      input: () => undefined,
      answer: whole,
      present: (profile) => dataOf(toApplication(profile)),
    }),
    route({
      method: "patch",
      path,
      name: "applications.update",
      summary: "Update the application",
      description: "Each field that is given replaces what is kept of it; the others stay.",
      body: updateApplicationBody,
      does: updateProfile,
      input: ({ body: { callback_uris: uris, ...kept } }) => ({
        ...fromWire(kept),
        ...(uris !== undefined && { callbackUris: uris.map(fromWire) }),
      }),
      answer: whole,
      present: (profile) => dataOf(toApplication(profile)),
    }),
  ],
});

const named = ({ params }: { readonly params: Params }) => ({ callbackUri: params["redirect_uri_id"] ?? "" });
const one = dataSchema("RedirectUriResponse", redirectUri);
/** The vendor's clients say redirect-uris, its command line callback-uris. */
const mounts = [
  { mount: `${path}/redirect-uris`, resource: "redirectUris", as: "" },
  { mount: `${path}/callback-uris`, resource: "callbackUris", as: " as a callback URI" },
] as const;

const routesAt = ({ mount, resource, as }: (typeof mounts)[number]): Route[] => [
  route({
    method: "get",
    path: mount,
    name: `applications.${resource}.list`,
    summary: `List redirect URIs${as}`,
    description: "All of them, oldest first; none for a key of a pod.",
    does: getProfile,
    input: () => undefined,
    answer: listSchema("RedirectUrisResponse", redirectUri),
    present: ({ callbackUris }) => listOf(callbackUris, toRedirectUri),
  }),
  route({
    method: "post",
    path: mount,
    name: `applications.${resource}.create`,
    summary: `Create a redirect URI${as}`,
    description: "Adds one.",
    body: createRedirectUriBody,
    does: createCallbackUri,
    input: ({ body }) => fromWire(body),
    answer: one,
    present: (made) => dataOf(toRedirectUri(made)),
  }),
  route({
    method: "get",
    path: `${mount}/{redirect_uri_id}`,
    name: `applications.${resource}.find`,
    summary: `Get a redirect URI${as}`,
    description: "One of them.",
    does: getCallbackUri,
    input: named,
    answer: one,
    present: (found) => dataOf(toRedirectUri(found)),
  }),
  route({
    method: "patch",
    path: `${mount}/{redirect_uri_id}`,
    name: `applications.${resource}.update`,
    summary: `Update a redirect URI${as}`,
    description: "Each field that is given replaces what is there.",
    body: updateRedirectUriBody,
    does: updateCallbackUri,
    input: ({ params, body }) => ({ ...named({ params }), ...fromWire(body) }),
    answer: one,
    present: (changed) => dataOf(toRedirectUri(changed)),
  }),
  route({
    method: "delete",
    path: `${mount}/{redirect_uri_id}`,
    name: `applications.${resource}.destroy`,
    summary: `Delete a redirect URI${as}`,
    description: "Removes it.",
    does: deleteCallbackUri,
    input: named,
    answer: doneSchema,
    present: done,
  }),
];

export const redirectUris = noun({
  name: "redirectUris",
  title: "Redirect URIs",
  about:
    "Where clients of the application may be sent back to. They are kept for them; nothing here calls them.",
  parameters: {
    redirect_uri_id: { description: "The redirect URI's id.", example: sample.id },
  },
  routes: mounts.flatMap(routesAt),
});
