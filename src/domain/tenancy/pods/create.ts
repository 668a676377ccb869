import { isHeaderSafe } from "../../../protocols/address/index.ts";
import type { Context } from "../../door/context.ts";
import { attempt, invalid, orThrow } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { checkClientId, claimClientId } from "../client-ids/index.ts";
import { type Pod, UNNAMED_POD } from "./pod.ts";
import { findPod, insertPod } from "./store.ts";

/** Makes a pod, or gives back the one that already has the `clientId`: a second call changes nothing. */
export const createPod = operation({
  name: "pod.create",
  needs: ["pod_create"],
  on: "organization",
  kind: "write",
  check: ({ name, clientId }: { name?: string; clientId?: string }) => ({
    clientId: checkClientId(clientId),
    name: attempt(() => (name === undefined ? UNNAMED_POD : checkName(name))),
  }),
  async run(context, { clientId, name }): Promise<Pod> {
    const { tx, scope, now } = context;
    const id = context.newId();
    const existing = clientId === null ? null : await claimName(context, id, clientId);
    context.target(existing?.id ?? id);
    if (existing !== null) return existing;
    const pod: Pod = {
      id,
      organizationId: scope.organizationId,
      name: orThrow(name),
      clientId,
      createdAt: now,
      updatedAt: now,
    };
    await insertPod(tx, scope, pod);
    return pod;
  },
});

function checkName(name: string): string {
  if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(
      ["name"],
      says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return name;
}

/** The pod that has the name already; otherwise claims it for `id`. */
function claimName(context: Context, id: string, clientId: string): Promise<Pod | null> {
  const { tx, scope } = context;
  return claimClientId(
    context,
    { homeId: scope.organizationId, kind: "pod", clientId, podId: id, inboxId: null, resourceId: id },
    (found) => findPod(tx, scope, found),
  );
}
