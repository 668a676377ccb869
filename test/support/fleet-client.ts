/** The fleet's routes as the command line uses them: lines are read as they come, and receipts confirmed at once. */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ServerProcess } from "./server-process.ts";

/** Where a server is, and with which key. */
type Target = Pick<ServerProcess, "baseUrl" | "rootKey">;

export type Line = Readonly<Record<string, unknown>>;

/** A tenant's policy and rules, which all have. */
const shared = {
  policies: { standard: { limits: { limit_count_daily_email_sent: 500 } } },
  rules: {
    "no spam": {
      match: { conditions: [{ field: "from.domain", operator: "in_list", value: ["spammers"] }] },
      actions: [{ type: "block" }],
    },
    junk: {
      match: { conditions: [{ field: "from.tld", operator: "is", value: "zip" }] },
      actions: [{ type: "mark_as_spam" }],
    },
  },
  lists: { spammers: { type: "domain", items: ["spam.example", "junk.example"] } },
};

/**
 * A fleet of so many tenants, each a pod with an inbox, a key to either, a webhook, a policy and two rules.
 * @param own fields of single tenants
 */
export const fleetOf = (count: number, name: string, own: (index: number) => object = () => ({})) => ({
  version: 1,
  ...shared,
  defaults: {
    display_name: "Support",
    policy: "standard",
    rules: ["no spam", "junk"],
    inboxes: [{ role: "support", address: "support-{tenant}@rookery.localhost", keys: [{ name: "agent" }] }],
    keys: [{ name: "tenant" }],
    webhooks: [
      { name: "events", url: "https://hooks.example.com/{tenant}", event_types: ["message.received"] },
    ],
  },
  tenants: Array.from({ length: count }, (_, index) => ({ slug: `${name}-${index}`, ...own(index) })),
});

/** @param each is given every line @returns the last. @throws Error when the answer is no whole stream */
export async function stream(
  { baseUrl, rootKey }: Target,
  path: string,
  body: unknown,
  each: (line: Line) => void | Promise<void> = () => undefined,
): Promise<Line> {
  const answer = await fetch(`${baseUrl}/v0/fleet/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${rootKey}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (answer.body === null || answer.status !== 200)
    throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 200)}`);
  let last: Line = {};
  // Cast: fetch's stream is Node's own.
  for await (const text of createInterface({ input: Readable.fromWeb(answer.body as never) })) {
    last = JSON.parse(text) as Line;
    if (last["type"] === undefined) throw new Error(text.slice(0, 300));
    await each(last);
  }
  return last;
}

/** Applies a document, and confirms each receipt as soon as it comes. @param each as in `stream` */
export async function applyConfirmed(
  target: Target,
  document: unknown,
  each: (line: Line) => void | Promise<void> = () => undefined,
): Promise<Line> {
  // Outcomes, not rejections: when the stream breaks nobody waits for them any more.
  const confirmed: Promise<unknown>[] = [];
  const last = await stream(target, "apply", { document }, (line) => {
    if (line["type"] === "receipt") {
      const done = confirm(target, String(line["receipt_id"]));
      confirmed.push(
        done.then(
          () => null,
          (error: unknown) => error,
        ),
      );
    }
    return each(line);
  });
  const failed = (await Promise.all(confirmed)).find((error) => error !== null);
  if (failed !== undefined) throw failed;
  return last;
}

async function confirm({ baseUrl, rootKey }: Target, id: string): Promise<void> {
  const answer = await fetch(`${baseUrl}/v0/fleet/receipts`, {
    method: "POST",
    headers: { authorization: `Bearer ${rootKey}` },
    body: JSON.stringify({ receipt_id: id }),
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`receipt: ${answer.status}`);
}
