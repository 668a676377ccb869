/** The application: the organization of the key (nylas 2.1). */
import { getOrganization } from "../../../domain/tenancy/organizations/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { dataOf, dataSchema } from "./answers.ts";
import { application, toApplication } from "./shapes/application.ts";

export const applications = noun({
  name: "applications",
  title: "Application",
  about: "Everything that an operator's keys can reach.",
  parameters: {},
  routes: [
    route({
      method: "get",
      path: "/v3/applications",
      name: "applications.getDetails",
      summary: "Get the application",
      description: "The application of the key.",
      does: getOrganization,
      input: () => undefined,
      answer: dataSchema("ApplicationResponse", application),
      present: (organization) => dataOf(toApplication(organization)),
    }),
  ],
});
