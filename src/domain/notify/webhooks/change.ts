/** Changing the settings of endpoints: the rules and the statements, for one as for a thousand. */
import type { Owner } from "../../door/access/index.ts";
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import type { ListenedType } from "../../door/events.ts";
import { attempt, Failure, fail } from "../../door/failures.ts";
import { lackedBy } from "./reader.ts";
import { checkEventTypes, checkUrl } from "./settings.ts";
import { lockWebhookSettings, updateWebhookSettings, type WebhookSettingsRow } from "./store.ts";

/** What is absent stays. */
export interface WebhookChange {
  readonly id: string;
  readonly url?: string;
  /** Replaces all. */
  readonly eventTypes?: readonly ListenedType[];
  readonly enabled?: boolean;
}

/**
 * Changes endpoints of the context's scope, each once, in two statements. A delivery that is under way goes where it was going.
 * @returns for each its settings then, or why they stay: object.not_found, input.invalid
 */
export async function changeWebhooks(
  context: Context,
  changes: readonly WebhookChange[],
): Promise<Outcome<WebhookSettingsRow & Owner>[]> {
  if (changes.length === 0) return [];
  const { tx, scope, now, actor } = context;
  const ids = changes.map(({ id }) => id);
  const found = new Map((await lockWebhookSettings(tx, scope, ids)).map((one) => [one.id, one]));
  const outcomes = changes.map(({ id, url, eventTypes, enabled }) => {
    const before = found.get(id);
    if (before === undefined) return failed(fail("object.not_found", { message: "Webhook not found" }));
    const changed = attempt(() => ({
      ...before,
      // Another receiver, who may read no more than the key that names it.
      ...(url !== undefined && {
        url: checkUrl(context.installation, url),
        lacked: [...new Set([...before.lacked, ...lackedBy(actor)])],
      }),
      ...(eventTypes !== undefined && { eventTypes: checkEventTypes(eventTypes) }),
      ...(enabled !== undefined && { enabled }),
    }));
    return changed instanceof Failure ? failed(changed) : made(changed);
  });
  await updateWebhookSettings(tx, scope, thingsMade(outcomes), now);
  return outcomes;
}
