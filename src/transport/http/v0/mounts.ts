import type { Route } from "../dialect/route.ts";

/** The scopes at which AgentMail mounts one resource, and how the client's method names begin there. */
export interface Mount {
  readonly prefix: string;
  readonly client: string;
  /** What a summary ends with there, so that the same route at three scopes is not called the same three times. */
  readonly at: string;
  /** Where a description says that things are. */
  readonly reach: string;
}

export const organizationMount: Mount = {
  prefix: "/v0",
  client: "",
  at: "",
  reach: "that the key reaches",
};
export const podMount: Mount = {
  prefix: "/v0/pods/{pod_id}",
  client: "pods.",
  at: " in a pod",
  reach: "of the pod",
};
export const inboxMount: Mount = {
  prefix: "/v0/inboxes/{inbox_id}",
  client: "inboxes.",
  at: " in an inbox",
  reach: "of the inbox",
};

/** The same routes at several scopes: only the target differs, the operations do not. */
export function mount(scopes: readonly Mount[], routes: (scope: Mount) => readonly Route[]): Route[] {
  return scopes.flatMap((scope) => [...routes(scope)]);
}
