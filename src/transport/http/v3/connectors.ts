/** Connectors, of which there is always the one of agent accounts, and which provider an address has (nylas 2.1). */
import { z } from "@hono/zod-openapi";
import { fail } from "../../../domain/door/failures.ts";
import { detectHost } from "../../../domain/tenancy/domains/index.ts";
import {
  getProfile,
  resetConnector,
  type UpdateProfile,
  updateProfile,
} from "../../../domain/tenancy/profiles/index.ts";
import { noun } from "../dialect/dialect.ts";
import { wrongAt } from "../dialect/invalid-request.ts";
import { type Method, type Params, type Route, route } from "../dialect/route.ts";
import {
  dataOf,
  dataSchema,
  done,
  doneSchema,
  listOf,
  listSchema,
  offsetPageOf,
  offsetPageSchema,
} from "./answers.ts";
import { offsetFields, offsetRequest } from "./pages.ts";
import { queryFlag, queryText } from "./query.ts";
import { connector, createConnectorBody, toConnector, updateConnectorBody } from "./shapes/application.ts";
import { sample } from "./shapes/sample.ts";

const NYLAS = "nylas";

/** @throws Failure object.not_found for a connector of another provider: there is none */
function requireNylas({ provider }: Params): void {
  if (provider !== NYLAS)
    throw fail("object.not_found", { message: "Connector not found", hint: "The only one is nylas." });
}

const CONNECTORS = { fallback: 10, max: 200 };
const path = "/v3/connectors/{provider}";
const one = dataSchema("ConnectorResponse", connector);

const renamed = { connectorName: ["name"], connectorSettings: ["settings"], connectorScope: ["scope"] };

const change = ({ name, settings, scope }: z.infer<typeof updateConnectorBody>): UpdateProfile => ({
  ...(name !== undefined && { connectorName: name }),
  ...(settings !== undefined && { connectorSettings: settings }),
  ...(scope !== undefined && { connectorScope: scope }),
});

/** Node's client says PUT, Python's PATCH. */
const update = (method: Method & ("put" | "patch"), name: string): Route =>
  route({
    method,
    path,
    name,
    summary: "Update a connector",
    description: "Each field that is given replaces what is kept of it.",
    body: updateConnectorBody,
    does: updateProfile,
    fields: renamed,
    input: ({ params, body }) => {
      requireNylas(params);
      return change(body);
    },
    answer: one,
    present: (profile) => dataOf(toConnector(profile)),
  });

export const connectors = noun({
  name: "connectors",
  title: "Connectors",
  about: "The connector that all accounts here belong to. It is always there.",
  parameters: { provider: { description: "nylas.", example: NYLAS } },
  routes: [
    route({
      method: "get",
      path: "/v3/connectors",
      name: "connectors.list",
      summary: "List connectors",
      description: "The one that there is.",
      query: z.object(offsetFields(CONNECTORS)),
      does: getProfile,
      input: () => undefined,
      answer: offsetPageSchema("ConnectorsResponse", connector),
      present(profile, { query }) {
        const bounds = offsetRequest(query, CONNECTORS);
        return offsetPageOf([profile].slice(bounds.offset), bounds, toConnector);
      },
    }),
    route({
      method: "post",
      path: "/v3/connectors",
      name: "connectors.create",
      summary: "Create a connector",
      description:
        "The one that there is, unchanged: nothing has to be created. Other providers are not available.",
      body: createConnectorBody,
      does: getProfile,
      input: ({ body }) => {
        if (body.provider !== NYLAS)
          throw wrongAt(
            ["provider"],
            `The provider ${JSON.stringify(body.provider.slice(0, 50))} is not available`,
          );
      },
      answer: one,
      present: (profile) => dataOf(toConnector(profile)),
    }),
    route({
      method: "get",
      path,
      name: "connectors.find",
      summary: "Get a connector",
      description: "The one that there is.",
      does: getProfile,
      input: ({ params }) => requireNylas(params),
      answer: one,
      present: (profile) => dataOf(toConnector(profile)),
    }),
    update("put", "connectors.update"),
    update("patch", "connectors.patch"),
    route({
      method: "delete",
      path,
      name: "connectors.destroy",
      summary: "Delete a connector",
      description:
        "Forgets what was kept of it; it is there again at once. Refused with 409 while the application has accounts.",
      does: resetConnector,
      input: ({ params }) => requireNylas(params),
      answer: doneSchema,
      present: done,
    }),
    route({
      method: "get",
      path: `${path}/creds`,
      name: "connectors.credentials.list",
      summary: "List credentials of a connector",
      description: "Always empty: agent accounts need none.",
      does: getProfile,
      input: ({ params }) => requireNylas(params),
      answer: listSchema("CredentialsResponse", z.object({})),
      present: () => listOf([], () => null),
    }),
  ],
});

export const providers = noun({
  name: "auth",
  title: "Providers",
  about: "Which provider has an address.",
  parameters: {},
  routes: [
    route({
      method: "post",
      path: "/v3/providers/detect",
      name: "auth.detectProvider",
      summary: "Detect the provider of an address",
      description:
        "nylas for addresses on this server's domain and on verified domains in the key's scope; otherwise none.",
      query: z.object({
        email: queryText("The address; must be given."),
        all_provider_types: queryFlag("Has no effect here."),
      }),
      does: detectHost,
      fields: { address: ["email"] },
      input: ({ query }) => ({ address: (query.email ?? "").replaceAll(" ", "+") }),
      answer: dataSchema(
        "DetectedProviderResponse",
        z.object({
          email_address: z.string().openapi({ example: sample.email }),
          detected: z.boolean().openapi({ description: "Whether it has a provider here.", example: true }),
          provider: z.literal(NYLAS).optional().openapi({ description: "Which; absent when it has none." }),
        }),
      ),
      present: ({ address, isHosted }) =>
        dataOf({ email_address: address, detected: isHosted, ...(isHosted && { provider: NYLAS }) }),
    }),
  ],
});
