/** Nylas's API v3 for agent accounts as a dialect: its surface on one page. */
import { type Dialect, routesOf } from "../dialect/dialect.ts";
import { envelope } from "./answers.ts";
import { applications, redirectUris } from "./applications.ts";
import { calendars } from "./calendars.ts";
import { connectors, providers } from "./connectors.ts";
import { v3DocumentText } from "./document.ts";
import { domains } from "./domains.ts";
import { failureAnswer, internalAnswer, validationAnswer } from "./errors.ts";
import { connect, grants } from "./grants.ts";
import { lists } from "./lists.ts";
import { policies } from "./policies.ts";
import { rules } from "./rules.ts";
import { target } from "./targets.ts";
import { unavailable } from "./unavailable.ts";
import { unbuilt } from "./unbuilt.ts";
import { unreadableAnswer } from "./unreadable.ts";
import { workspaces } from "./workspaces.ts";

export const v3: Dialect = {
  name: "v3",
  nouns: [
    applications,
    redirectUris,
    connect,
    grants,
    workspaces,
    policies,
    rules,
    lists,
    connectors,
    providers,
    domains,
    calendars,
  ],
  unbuilt,
  fixed: unavailable,
  greedyParameters: new Set(),
  leadingSlashes: true,
  target,
  envelope,
  refusal: failureAnswer,
  invalid: validationAnswer,
  internal: internalAnswer,
  unreadable: unreadableAnswer,
  // Webhooks of this dialect come with a later issue; until then nothing creates one.
  webhooks: { present: () => null, sign: () => ({}) },
  sockets: null,
  consumers: null,
  document: v3DocumentText,
};

export const v3Routes = routesOf(v3);
