import { lockOwners } from "../../door/access/index.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { type CallbackPlan, type GivenCallbackUri, planCallbackUris } from "./callback-uris.ts";
import { requireProfile } from "./get.ts";
import { MAX_KEPT_BYTES } from "./limits.ts";
import type { CallbackUri, Kept, Profile } from "./profile.ts";
import { deleteCallbackRows, forget, hasInboxes, insertCallbackUris, keep } from "./store.ts";

export interface UpdateProfile extends Kept {
  /** All of them from then on. One that names the id of one that is there is that one, changed. */
  readonly callbackUris?: readonly (GivenCallbackUri & { readonly id?: string })[];
}

/** Changes the parts that are given, each as a whole. */
export const updateProfile = operation({
  name: "profile.update",
  needs: ["pod_update"],
  on: "organization",
  kind: "write",
  check({ callbackUris, ...kept }: UpdateProfile) {
    for (const [name, part] of Object.entries(kept))
      if (Buffer.byteLength(JSON.stringify(part)) > MAX_KEPT_BYTES)
        throw invalid([name], says`${field(name)} may have ${MAX_KEPT_BYTES} bytes of JSON at most`);
    return { kept, plans: callbackUris === undefined ? null : planCallbackUris(callbackUris) };
  },
  async run(context, { kept, plans }): Promise<Profile> {
    const { tx, scope, now } = context;
    // Those who add callback URIs one by one count them.
    if (plans !== null) await lockOwners(tx, scope, [{ podId: null, inboxId: null }]);
    const before = await requireProfile(context);
    context.target(scope.organizationId);
    if (Object.keys(kept).length > 0) await keep(tx, scope, kept, now);
    if (plans === null) return requireProfile(context);
    const replacing = plans.map((plan) => callbackOf(plan, before, context));
    await deleteCallbackRows(tx, scope);
    await insertCallbackUris(tx, scope, replacing);
    return requireProfile(context);
  },
});

function callbackOf(
  plan: CallbackPlan,
  { organizationId, callbackUris }: Profile,
  { newId, now }: { readonly newId: () => string; readonly now: Date },
): CallbackUri {
  const same = callbackUris.find(({ id }) => id === plan.id);
  const { url, platform, settings } = plan;
  const rest = { organizationId, url, platform, settings, updatedAt: now };
  return same === undefined
    ? { ...rest, id: newId(), createdAt: now }
    : { ...rest, id: same.id, createdAt: same.createdAt };
}

/** Forgets what was kept of the connector. Refused while there are inboxes, which it stands for. */
export const resetConnector = operation({
  name: "profile.reset-connector",
  needs: ["pod_update"],
  on: "organization",
  kind: "write",
  fails: ["object.in_use"],
  async run(context): Promise<void> {
    const { tx, scope, now } = context;
    if (await hasInboxes(tx, scope))
      throw fail("object.in_use", {
        message: "The connector has accounts",
        hint: "Delete its accounts first.",
      });
    context.target(scope.organizationId);
    await forget(tx, scope, ["connectorName", "connectorSettings", "connectorScope"], now);
  },
});
