/** Actors without a key: SMTP and workers, already narrowed to what their work is about. */
import { Actor } from "./actor.ts";
import { mintScope } from "./scope.ts";
import type { InboxTarget } from "./store.ts";

/** The system acting for one inbox that it found itself. */
export function actorForInbox(inbox: InboxTarget, name: string): Actor {
  return new Actor(mintScope(inbox.organizationId, inbox.podId, inbox.id), null, null, name);
}

/** The system acting for a whole organization: first start, fleet work. */
export function actorForOrganization(organizationId: string, name: string): Actor {
  return new Actor(mintScope(organizationId, null, null), null, null, name);
}
