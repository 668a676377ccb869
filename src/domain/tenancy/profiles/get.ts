import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import type { Profile } from "./profile.ts";
import { findProfile } from "./store.ts";

/** The profile of the key's organization, which keys of its pods may read as well. */
export const getProfile = operation({
  name: "profile.get",
  needs: ["pod_read"],
  on: "any",
  kind: "read",
  run: (context) => requireProfile(context),
});

export async function requireProfile({ tx, scope }: Pick<Context, "tx" | "scope">): Promise<Profile> {
  const profile = await findProfile(tx, scope);
  if (profile === null) throw new Error("a key without an organization");
  return profile;
}
