/** The surface of this facade on one page: every resource, and (in its file) the scopes where it is mounted. */
import { apiKeyRoutes } from "./api-keys.ts";
import { authRoutes } from "./auth.ts";
import { domainRoutes } from "./domains.ts";
import { inboxRoutes } from "./inboxes.ts";
import { messageRoutes } from "./messages.ts";
import { organizationRoutes } from "./organizations.ts";
import { podRoutes } from "./pods.ts";
import type { Route } from "./route.ts";
import { threadRoutes } from "./threads.ts";
import { webhookRoutes } from "./webhooks.ts";

/** In matching order: a fixed path stands before one whose parameter would swallow it. */
export const v0Routes: readonly Route[] = [
  ...authRoutes,
  ...organizationRoutes,
  ...podRoutes,
  ...apiKeyRoutes,
  ...domainRoutes,
  ...webhookRoutes,
  ...threadRoutes,
  ...messageRoutes,
  ...inboxRoutes,
];
