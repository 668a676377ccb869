/** `rookery deliveries` and `rookery queue`: one function a command. */
import { z } from "zod";
import { ACCOUNTS, clientOf, orAbsent } from "../agent/read.ts";
import { type Client, inPath } from "../client/client.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import {
  type Delivery,
  deliveryList,
  deliveryShape,
  deliveryText,
  queuedShape,
  queueTable,
} from "./delivery.ts";

const LISTING = "rookery deliveries list";

/** What of the key's reach a command is about. */
export interface ScopeOptions {
  readonly pod?: string;
  readonly inbox?: string;
}

export interface ListOptions extends OutputOptions, ScopeOptions {
  readonly state?: string;
  readonly domain?: string;
  readonly limit: string;
}

/** The most that a page of the API has. */
const PAGE_SIZE = 100;
/** The most that one listing prints. */
const MAX_LISTED = 10_000;

/** @throws UsageError when both are given */
function prefixOf({ pod, inbox }: ScopeOptions): string {
  if (pod !== undefined && inbox !== undefined) throw new UsageError("Give --pod or --inbox, not both.");
  if (inbox !== undefined) return `/v0/inboxes/${inPath(inbox)}`;
  return pod === undefined ? "/v0" : `/v0/pods/${inPath(pod)}`;
}

function limitOf(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LISTED)
    throw new UsageError(`--limit ${text}: it takes a whole number, 1 to ${MAX_LISTED}.`);
  return limit;
}

export async function listDeliveries(parts: CommandParts, options: ListOptions): Promise<void> {
  const limit = limitOf(options.limit);
  const path = `${prefixOf(options)}/deliveries`;
  const found = await read(await clientOf(parts), path, options, limit);
  await present(parts, options, {
    json: found,
    ids: found.map(({ delivery_id: id }) => id),
    text: () => deliveryList(found),
  });
}

const pageShape = z.object({
  deliveries: z.array(deliveryShape),
  next_page_token: z.string().optional(),
});

async function read(
  client: Client,
  path: string,
  { state, domain }: ListOptions,
  limit: number,
): Promise<Delivery[]> {
  const found: Delivery[] = [];
  let token: string | undefined;
  do {
    const query = { limit: Math.min(PAGE_SIZE, limit - found.length), state, domain, page_token: token };
    const page = await client.call({ method: "GET", path, query }, pageShape);
    found.push(...page.deliveries);
    token = page.next_page_token;
  } while (token !== undefined && found.length < limit);
  return found;
}

const onDelivery = (client: Client, id: string, action?: "retry" | "cancel"): Promise<Delivery> => {
  const path = `/v0/deliveries/${inPath(id)}${action === undefined ? "" : `/${action}`}`;
  const call = { method: action === undefined ? "GET" : "POST", path } as const;
  return orAbsent(`delivery ${id}`, LISTING, client.call(call, deliveryShape));
};

export async function showDelivery(parts: CommandParts, id: string, options: OutputOptions): Promise<void> {
  const found = await onDelivery(await clientOf(parts), id);
  await present(parts, options, {
    json: found,
    ids: [found.delivery_id],
    text: () => deliveryText(found),
  });
}

export async function changeDelivery(
  parts: CommandParts,
  action: "retry" | "cancel",
  id: string,
  options: OutputOptions,
): Promise<void> {
  const found = await onDelivery(await clientOf(parts), id, action);
  const done = action === "retry" ? "It is tried at once" : "Cancelled";
  await present(parts, options, {
    json: found,
    ids: [found.delivery_id],
    text: () => `${doneLine(done)}\n\n${deliveryText(found)}`,
  });
}

export async function showQueue(parts: CommandParts, options: OutputOptions & ScopeOptions): Promise<void> {
  const client = await clientOf(parts);
  const shape = z.object({ domains: z.array(queuedShape) });
  const { domains } = await client.call({ method: "GET", path: `${prefixOf(options)}/queue` }, shape);
  await present(parts, options, {
    json: domains,
    ids: domains.map(({ domain }) => domain),
    text: () => queueTable(domains),
  });
}

const standingShape = z.object({
  pod_id: z.string(),
  inbox_id: z.string().optional(),
  status: z.string(),
  sent: z.number(),
  bounced: z.number(),
  complained: z.number(),
});

/** Ends the suspension of a pod, or of an inbox, as a sender. */
export async function resumeSender(
  parts: CommandParts,
  sender: string,
  options: OutputOptions,
): Promise<void> {
  const client = await clientOf(parts);
  const isInbox = sender.includes("@");
  const [noun, listing] = isInbox
    ? (["inbox", ACCOUNTS] as const)
    : (["pod", "rookery workspace list"] as const);
  const path = `${prefixOf({ [noun]: sender })}/sending/resume`;
  const answer = client.call({ method: "POST", path }, standingShape);
  const { pod_id: pod, inbox_id: inbox, ...standing } = await orAbsent(`${noun} ${sender}`, listing, answer);
  const resumed = inbox ?? pod;
  await present(parts, options, {
    json: { pod_id: pod, ...(inbox !== undefined && { inbox_id: inbox }), ...standing },
    ids: [resumed],
    text: () => doneLine(`The ${noun} may send to other servers: ${resumed}`),
  });
}
