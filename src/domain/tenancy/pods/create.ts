import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { invalid } from "../../door/failures.ts";
import { type Context, operation } from "../../door/operation.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { claimClientId } from "../client-ids/index.ts";
import { type Pod, UNNAMED_POD } from "./pod.ts";
import { findPod, insertPod } from "./store.ts";

/** Makes a pod, or gives back the one that already has the `clientId`: a second call changes nothing. */
export const createPod = operation({
  name: "pod.create",
  needs: "pod_create",
  on: "any",
  kind: "write",
  async run(context, input: { name?: string; clientId?: string }): Promise<Pod> {
    const { tx, scope, now } = context;
    const id = context.newId();
    const existing = input.clientId === undefined ? null : await claimName(context, id, input.clientId);
    context.target(existing?.id ?? id);
    if (existing !== null) return existing;
    const { name = UNNAMED_POD } = input;
    if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
      throw invalid(["name"], `name must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`);
    const pod: Pod = {
      id,
      organizationId: scope.organizationId,
      name,
      clientId: input.clientId ?? null,
      createdAt: now,
      updatedAt: now,
    };
    await insertPod(tx, scope, pod);
    return pod;
  },
});

/** The pod that has the name already; otherwise claims it for `id`. */
function claimName(context: Context, id: string, clientId: string): Promise<Pod | null> {
  const { tx, scope } = context;
  return claimClientId(
    context,
    { homeId: scope.organizationId, kind: "pod", clientId, podId: id, inboxId: null, resourceId: id },
    (found) => findPod(tx, scope, found),
  );
}
