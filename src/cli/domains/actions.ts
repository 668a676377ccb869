/** `rookery domains`: one function a command. */
import { z } from "zod";
import { clientOf, orAbsent } from "../agent/read.ts";
import { type Call, type Client, inPath } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { allByCursor } from "../client/pages.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import { domainShape, domainTable, domainText, listedShape, type ShownDomain } from "./domain.ts";

const LIST = "rookery domains list";

const pathOf = (domain: string, below = ""): string => `/v0/domains/${inPath(domain)}${below}`;

/** @throws ClientError */
export const readDomain = (client: Client, domain: string): Promise<ShownDomain> =>
  orAbsent(`domain ${domain}`, LIST, client.call({ method: "GET", path: pathOf(domain) }, domainShape));

export async function listDomains(parts: CommandParts, options: OutputOptions): Promise<void> {
  const domains = await allByCursor(await clientOf(parts), "/v3/admin/domains", listedShape);
  await present(parts, options, {
    json: domains,
    ids: domains.map(({ domain_address: name }) => name),
    text: () => domainTable(domains),
  });
}

const shown = (parts: CommandParts, options: OutputOptions, domain: ShownDomain, done?: string) =>
  present(parts, options, {
    json: domain,
    ids: [domain.domain],
    text: () => `${done === undefined ? "" : `${doneLine(done)}\n\n`}${domainText(domain)}`,
  });

export async function showDomain(parts: CommandParts, domain: string, options: OutputOptions): Promise<void> {
  await shown(parts, options, await readDomain(await clientOf(parts), domain));
}

/** The server's own domain, which the operator registers once. */
export async function registerOwn(parts: CommandParts, options: OutputOptions): Promise<void> {
  const client = await clientOf(parts);
  const own = await client.call({ method: "PUT", path: "/v0/installation/domain" }, domainShape);
  await shown(parts, options, own, `Registered ${own.domain}, the server's own domain`);
}

/** Exit code 1 while the domain is not verified, so that a script can wait for it. */
export async function verifyDomain(
  parts: CommandParts,
  domain: string,
  options: OutputOptions,
): Promise<void> {
  const client = await clientOf(parts);
  await refreshDomain(client, domain);
  const found = await readDomain(client, domain);
  await shown(parts, options, found);
  if (found.status !== "VERIFIED") parts.exit(1);
}

/** Has the server look the records up. @throws ClientError */
export async function refreshDomain(client: Client, domain: string): Promise<void> {
  const call = { method: "POST", path: pathOf(domain, "/verify") } as const;
  await orAbsent(`domain ${domain}`, LIST, untilFree(client.call(call, z.unknown())));
}

/** A name that is verified elsewhere is refused; what was found of it is to be shown all the same. */
async function untilFree(verified: Promise<unknown>): Promise<unknown> {
  try {
    return await verified;
  } catch (error) {
    if (error instanceof ClientError && error.status === 409) return null;
    throw error;
  }
}

export async function trustDomain(
  parts: CommandParts,
  domain: string,
  options: OutputOptions & { readonly undo?: boolean },
): Promise<void> {
  const isUndone = options.undo === true;
  const call: Call = { method: isUndone ? "DELETE" : "PUT", path: pathOf(domain, "/trust") };
  const changed = await orAbsent(`domain ${domain}`, LIST, (await clientOf(parts)).call(call, domainShape));
  const done = isUndone
    ? `${changed.domain} is what its records say from now on`
    : `${changed.domain} is trusted: its mail may leave, whatever its records say`;
  await shown(parts, options, changed, done);
}

export async function rotateDkim(parts: CommandParts, domain: string, options: OutputOptions): Promise<void> {
  const call = { method: "POST", path: pathOf(domain, "/rotate-dkim") } as const;
  const client = await clientOf(parts);
  const changed = await orAbsent(`domain ${domain}`, LIST, client.call(call, domainShape));
  await shown(
    parts,
    options,
    changed,
    "Publish the records of the new keys beside the others; each key signs once its record is found",
  );
}
