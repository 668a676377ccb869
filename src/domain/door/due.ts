/**
 * Notices that a pod has rows which a worker is to act on. Only hints: who works on them looks every second as well. Written
 * here and, for webhooks, by rookery_emit (migrations/0017_webhook_turns.sql).
 */

/** PostgreSQL's name of the channel. */
export const DUE_CHANNEL = "rookery_due";

/**
 * `copies`: of outgoing messages, for inboxes here. `outbound`: those for other servers. `webhooks`: deliveries to endpoints that work. `retries`: deliveries to endpoints that fail. `drafts`: those whose time
 * has come.
 */
export const dueKinds = ["copies", "outbound", "webhooks", "retries", "drafts"] as const;

export type DueKind = (typeof dueKinds)[number];

export const dueNotice = (kind: DueKind, podId: string): string => `${kind} ${podId}`;

/** Null for what no version of ours writes. */
export function readDueNotice(payload: string): { readonly kind: DueKind; readonly podId: string } | null {
  const [name, podId] = payload.split(" ");
  const kind = dueKinds.find((known) => known === name);
  return kind === undefined || podId === undefined ? null : { kind, podId };
}
