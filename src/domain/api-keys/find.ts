import { isUuid } from "../../lib/uuid.ts";
import type { InboxTarget, PodTarget, Scope } from "../access/index.ts";
import { fail } from "../failures.ts";
import type { KeyView } from "./store.ts";

/** A named pod or inbox shows the keys of exactly that pod or inbox; no name shows all in reach (contract 7.3). */
export function viewOf(context: { scope: Scope; pod: PodTarget | null; inbox: InboxTarget | null }): KeyView {
  return { scope: context.scope, exactly: context.pod !== null || context.inbox !== null };
}

/** What `look` finds under `id`. Absent, foreign and malformed ids look the same. @throws Failure api_key.not_found */
export async function required<Found>(id: string, look: (id: string) => Promise<Found | null>): Promise<Found> {
  const found = isUuid(id) ? await look(id) : null;
  if (found === null) throw fail("api_key.not_found", { say: "API key not found", fix: "List API keys to see the ids in reach." });
  return found;
}
