/** Where the parameters of a path point (nylas 1.3): a grant by any of its names, a workspace by its id or the domain that it groups. */
import type { PodName } from "../../../domain/door/access/index.ts";
import type { At, InboxName } from "../../../domain/door/targets.ts";
import { isUuid } from "../../../lib/uuid.ts";
import { fromWire } from "../dialect/naming.ts";

export function target({ workspace_id, grant_id }: Readonly<Record<string, string>>): At {
  const inbox = grant_id === undefined ? undefined : grantNamed(grant_id);
  return fromWire({ pod: workspace_id === undefined ? undefined : workspaceNamed(workspace_id), inbox });
}

const workspaceNamed = (name: string): PodName =>
  isUuid(name) ? { id: name } : { domain: name.toLowerCase() };

/** `external:` is the customer's own name for an account, which here is the inbox's client_id. */
export function grantNamed(name: string): InboxName {
  if (name === "me") return { own: true };
  const [, form, value = ""] = /^(grant|email|external):(.*)$/s.exec(name) ?? [];
  switch (form) {
    case "grant":
      return { id: value };
    case "email":
      return { address: value };
    case "external":
      return { clientId: value };
    default:
      return isUuid(name) ? { id: name } : { address: name };
  }
}
