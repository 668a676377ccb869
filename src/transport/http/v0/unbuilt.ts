/** AgentMail's routes that this version does not have: what the official clients can call and are answered 501 for. */
import type { UnbuiltRoute } from "../dialect/dialect.ts";
import type { Method } from "../dialect/route.ts";
import { inboxMount } from "./mounts.ts";

const inbox = inboxMount.prefix;

const at = (
  prefixes: readonly string[],
  hint: string,
  routes: readonly (readonly [Method, string])[],
): UnbuiltRoute[] =>
  prefixes.flatMap((prefix) => routes.map(([method, path]) => ({ method, path: `${prefix}${path}`, hint })));

export const unbuilt: readonly UnbuiltRoute[] = [
  ...at([inbox], "Use a webhook to receive events.", [["get", "/events"]]),
];
