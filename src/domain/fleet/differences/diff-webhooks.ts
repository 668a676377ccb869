/** Webhooks of a tenant, by their names. */
import type { DesiredWebhook } from "../../../protocols/fleet-file/index.ts";
import { changeOf, objectKey } from "./change.ts";
import { addCreate, addUpdate, type Comparing, differing } from "./comparing.ts";

/** What a document says of a webhook. */
export const webhookSays = ({ url, eventTypes }: DesiredWebhook): unknown => [url, eventTypes];

export function diffWebhooks(comparing: Comparing): void {
  const { desired, found } = comparing;
  if (desired.webhooks === undefined) return;
  const live = (found.live?.webhooks ?? []).filter(({ inboxId }) => inboxId === null);
  for (const webhook of desired.webhooks) {
    const key = objectKey.webhook(webhook.name);
    const draft = { kind: "webhook", name: webhook.name } as const;
    const there = live.find(({ name }) => name === webhook.name);
    if (there === undefined) {
      addCreate(comparing, key, draft);
      continue;
    }
    if (there.isUnconfirmed) addResend(comparing, webhook.name, there.id);
    addUpdate(comparing, key, webhookSays(webhook), {
      ...draft,
      objectId: there.id,
      fields: differing([
        ["url", there.url, canonicalUrl(webhook.url)],
        ["eventTypes", there.eventTypes.toSorted(), [...new Set(webhook.eventTypes)].toSorted()],
        // One that is named is to work.
        ["enabled", there.enabled, true],
      ]),
    });
  }
  for (const extra of found.live?.webhooks ?? [])
    if (extra.name === null || !desired.webhooks.some(({ name }) => name === extra.name))
      comparing.changes.push(
        changeOf({
          kind: "webhook",
          name: extra.name ?? extra.url,
          objectId: extra.id,
          action: "keep",
          tenant: desired.slug,
          cause: extra.name !== null && found.mark?.objects[objectKey.webhook(extra.name)] ? "file" : "drift",
          why: "the pod has it, and the document does not: an apply leaves it",
        }),
      );
}

/** Unlike a key it keeps its secret, which the server can show again: whoever has it loses nothing. */
const addResend = ({ changes, desired: { slug } }: Comparing, name: string, objectId: string): void =>
  void changes.push(
    changeOf({
      ...{ kind: "webhook", action: "resend", tenant: slug },
      ...{ name, objectId, cause: "unconfirmed" },
      why: "an apply made it, and the receipt of its secret is not confirmed",
    }),
  );

/** As it is stored. What is no URL is refused when it is made. */
const canonicalUrl = (url: string): string => (URL.canParse(url) ? new URL(url).href : url);
