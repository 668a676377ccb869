/** `rookery aliases`: one function a command. */
import { z } from "zod";
import { ACCOUNTS, clientOf, orAbsent } from "../agent/read.ts";
import { inPath } from "../client/client.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const aliasShape = z.object({ address: z.string(), catch_all: z.boolean(), created_at: z.string() });

const pathOf = (inbox: string): string => `/v0/inboxes/${inPath(inbox)}/aliases`;

export async function listAliases(parts: CommandParts, inbox: string, options: OutputOptions): Promise<void> {
  const client = await clientOf(parts);
  const page = z.object({ aliases: z.array(aliasShape) });
  const call = { method: "GET", path: pathOf(inbox) } as const;
  const { aliases } = await orAbsent(`inbox ${inbox}`, ACCOUNTS, client.call(call, page));
  await present(parts, options, {
    json: aliases,
    ids: aliases.map(({ address }) => address),
    text: () =>
      aliases.length === 0
        ? `${inbox} has no alias.`
        : aliases.map(({ address, catch_all: all }) => `${address}${all ? "  (catch-all)" : ""}`).join("\n"),
  });
}

export async function addAlias(
  parts: CommandParts,
  inbox: string,
  address: string,
  options: OutputOptions,
): Promise<void> {
  const client = await clientOf(parts);
  const call = { method: "POST", path: pathOf(inbox), body: { address } } as const;
  const made = await orAbsent(`inbox ${inbox}`, ACCOUNTS, client.call(call, aliasShape));
  await present(parts, options, {
    json: made,
    ids: [made.address],
    text: () => doneLine(`Mail to ${made.address} goes to ${inbox}`),
  });
}

export async function deleteAlias(
  parts: CommandParts,
  inbox: string,
  address: string,
  options: OutputOptions,
): Promise<void> {
  const client = await clientOf(parts);
  const call = { method: "DELETE", path: `${pathOf(inbox)}/${inPath(address)}` } as const;
  const listing = `rookery aliases list ${inbox}`;
  await orAbsent(`alias ${address} of ${inbox}`, listing, client.call(call, z.unknown()));
  await present(parts, options, {
    json: { deleted: address },
    ids: [],
    text: () => doneLine(`Deleted alias: ${address}`),
  });
}
