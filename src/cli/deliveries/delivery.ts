/** A delivery as `/v0` gives it, and as it is printed. */
import { z } from "zod";
import { fold } from "../fold.ts";
import { cellColumns, colour, counted, detailsOf, tableOf } from "../output.ts";

const recipientShape = z.object({
  address: z.string(),
  state: z.string(),
  code: z.number().optional(),
  enhanced_code: z.string().optional(),
  reply: z.string().optional(),
});

export const deliveryShape = z.object({
  delivery_id: z.string(),
  pod_id: z.string(),
  inbox_id: z.string().optional(),
  message_id: z.string().optional(),
  domain: z.string(),
  state: z.string(),
  recipients: z.array(recipientShape),
  attempts: z.number(),
  doubts: z.number(),
  next_attempt_at: z.string().optional(),
  expires_at: z.string().optional(),
  attempted_at: z.string().optional(),
  code: z.number().optional(),
  enhanced_code: z.string().optional(),
  reply: z.string().optional(),
  mx: z.string().optional(),
  mx_address: z.string().optional(),
  tls: z.string().optional(),
  detail: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type Delivery = z.output<typeof deliveryShape>;

interface Reply {
  readonly code?: number | undefined;
  readonly enhanced_code?: string | undefined;
  readonly reply?: string | undefined;
}

/** A reply as it stands in SMTP, where a server's own begins with its codes; undefined without one. */
export function replyOf({ code, enhanced_code: enhanced, reply = "" }: Reply): string | undefined {
  const codes = code !== undefined && reply.startsWith(String(code)) ? [] : [code, enhanced];
  return [...codes, reply].filter((part) => part !== undefined && part !== "").join(" ") || undefined;
}

const minute = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : `${text.slice(0, 16).replace("T", " ")} UTC`;

const colours = {
  bounced: "red",
  failed: "red",
  deferred: "yellow",
  complained: "yellow",
  sent: "green",
  delivered: "green",
} as const;

const isColoured = (state: string): state is keyof typeof colours => Object.hasOwn(colours, state);

/** Padded, so that what follows it stands in one column. */
const stateText = (state: string): string => {
  const padded = state.padEnd(STATE_COLUMNS);
  return isColoured(state) ? colour(colours[state], padded) : padded;
};

export function deliveryText(delivery: Delivery): string {
  const { mx, mx_address: address } = delivery;
  return detailsOf([
    ["ID", delivery.delivery_id],
    ["State", delivery.state],
    ["From", delivery.inbox_id ?? "an inbox that was deleted"],
    ["Message", delivery.message_id ?? "deleted"],
    ["Domain", delivery.domain],
    ...delivery.recipients.map(
      (one) => ["To", [one.address, one.state, replyOf(one)].filter(Boolean).join(": ")] as const,
    ),
    ["Server", mx === undefined ? undefined : [mx, address === undefined ? "" : `(${address})`].join(" ")],
    ["TLS", delivery.tls],
    ["Last reply", replyOf(delivery)],
    ["Why", delivery.detail],
    ["Attempts", String(delivery.attempts)],
    [
      "In doubt",
      delivery.doubts === 0 ? undefined : `${counted(delivery.doubts, "attempt")} may have arrived`,
    ],
    ["Last attempt", minute(delivery.attempted_at)],
    ["Next attempt", minute(delivery.next_attempt_at)],
    ["Given up", minute(delivery.expires_at)],
    ["Created", minute(delivery.created_at)],
  ]);
}

/** Columns of the longest state. */
const STATE_COLUMNS = 10;

/** A few lines each, as a table would cut ids into pieces that nobody can copy. */
export function deliveryList(deliveries: readonly Delivery[]): string {
  if (deliveries.length === 0) return "There is no such delivery.";
  const below = (text: string): string => `  ${fold(text, process.stdout, 2)}`;
  return deliveries
    .map((one) => {
      const why = one.detail ?? replyOf(one) ?? "";
      const next = minute(one.next_attempt_at);
      return [
        `${one.delivery_id}  ${stateText(one.state)}  ${minute(one.created_at)}`,
        below(
          `${one.inbox_id ?? "an inbox that was deleted"} to ${one.recipients.map(({ address }) => address).join(", ")}`,
        ),
        ...(why === "" ? [] : [below(why)]),
        ...(next === undefined ? [] : [below(`${counted(one.attempts, "attempt")}, next ${next}`)]),
      ].join("\n");
    })
    .join("\n\n");
}

export const queuedShape = z.object({
  domain: z.string(),
  queued: z.number(),
  sending: z.number(),
  deferred: z.number(),
  oldest_at: z.string(),
  next_attempt_at: z.string(),
  why: z.string().optional(),
});
export type Queued = z.output<typeof queuedShape>;

const COUNT_COLUMNS = 8;
const TIME_COLUMNS = 10;
const DOMAIN_COLUMNS = 20;

export function queueTable(domains: readonly Queued[]): string {
  if (domains.length === 0) return "Nothing waits for other servers.";
  const table = tableOf(
    [
      ["Domain", DOMAIN_COLUMNS],
      ["Waiting", COUNT_COLUMNS],
      ["Since", TIME_COLUMNS],
      ["Why", cellColumns(4) - DOMAIN_COLUMNS - COUNT_COLUMNS - TIME_COLUMNS],
    ],
    domains.map((one) => [
      one.domain,
      (one.queued + one.sending + one.deferred).toLocaleString("en"),
      one.oldest_at.slice(0, 16).replace("T", "\n"),
      [
        // Nothing was said of them: they wait for a connection, for the pace, or for a smarthost that is out.
        one.queued > 0 ? `${one.queued.toLocaleString("en")} queued` : "",
        one.sending > 0 ? `${one.sending.toLocaleString("en")} being sent` : "",
        one.deferred > 0
          ? `${one.deferred.toLocaleString("en")} deferred, next ${one.next_attempt_at.slice(11, 16)} UTC`
          : "",
        one.why ?? "",
      ]
        .filter((line) => line !== "")
        .join("\n"),
    ]),
  );
  return `${table}\nOne by one: rookery deliveries list --state queued,sending,deferred --domain <domain>`;
}
