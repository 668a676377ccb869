/** Who the key is (contract 2.2). */

import { whoAmI } from "../../../domain/tenancy/api-keys/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { toV0Identity, v0Identity } from "./shapes/api-key.ts";

export const auth = noun({
  name: "auth",
  title: "Identity",
  about: "Who a key is.",
  parameters: {},
  routes: [
    route({
      method: "get",
      path: "/v0/auth/me",
      name: "auth.me",
      summary: "Identify the key",
      description: "The API key of the request and its scope. The cheapest way to check whether a key works.",
      does: whoAmI,
      input: () => undefined,
      answer: v0Identity,
      present: toV0Identity,
    }),
  ],
});
