import { isHeaderSafe } from "../../protocols/address/index.ts";
import { claimClientId } from "../client-ids/index.ts";
import { invalid } from "../failures.ts";
import { MAX_NAME_LENGTH } from "../limits.ts";
import { operation } from "../operation.ts";
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
    const { name = UNNAMED_POD } = input;
    if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
      throw invalid(["name"], `name must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`);
    const id = context.newId();
    context.target(id);
    if (input.clientId !== undefined) {
      const homeId = scope.organizationId;
      const existing = await claimClientId(context, {
        homeId,
        kind: "pod",
        clientId: input.clientId,
        podId: id,
        inboxId: null,
        resourceId: id,
      });
      const pod = existing === null ? null : await findPod(tx, scope, existing);
      if (pod !== null) return pod;
    }
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
