/** `rookery agent policy`: one function a command. */
import { z } from "zod";
import { inPath } from "../client/client.ts";
import { confirm } from "../confirm.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { type BodyOptions, bodyGiven } from "./body.ts";
import { policyJson, policyShape, policyTable, policyText } from "./policy.ts";
import { clientOf, one, orAbsent, readPolicies } from "./read.ts";

const POLICIES = "rookery agent policy list";

const policyPath = (id: string): string => `/v3/policies/${inPath(id)}`;

export async function listPolicies(parts: CommandParts, options: OutputOptions): Promise<void> {
  const policies = await readPolicies(await clientOf(parts));
  await present(parts, options, {
    json: policies.map(policyJson),
    ids: policies.map(({ id }) => id),
    text: () => policyTable(policies),
  });
}

export async function getPolicy(parts: CommandParts, id: string, options: OutputOptions): Promise<void> {
  const client = await clientOf(parts);
  const call = { method: "GET", path: policyPath(id) } as const;
  const policy = await orAbsent(`policy ${id}`, POLICIES, one(client, call, policyShape));
  await present(parts, options, {
    json: policyJson(policy),
    ids: [policy.id],
    text: () => policyText(policy),
  });
}

export async function createPolicy(parts: CommandParts, options: OutputOptions & BodyOptions): Promise<void> {
  const body = await bodyGiven(parts, options);
  if (typeof body["name"] !== "string" || body["name"].trim() === "")
    throw new UsageError('A policy needs a name: give --name, or "name" in the JSON.');
  const call = { method: "POST", path: "/v3/policies", body } as const;
  const policy = await one(await clientOf(parts), call, policyShape);
  await present(parts, options, {
    json: policyJson(policy),
    ids: [policy.id],
    text: () => `${doneLine("Policy created successfully!")}\n\n${policyText(policy)}`,
  });
}

/** Sends what is given: the server keeps the rest, also within limits and spam detection. */
export async function updatePolicy(
  parts: CommandParts,
  id: string,
  options: OutputOptions & BodyOptions,
): Promise<void> {
  const body = await bodyGiven(parts, options);
  if (Object.keys(body).length === 0)
    throw new UsageError("Nothing to change: give --name, --data or --data-file.");
  const call = { method: "PUT", path: policyPath(id), body } as const;
  const policy = await orAbsent(`policy ${id}`, POLICIES, one(await clientOf(parts), call, policyShape));
  await present(parts, options, {
    json: policyJson(policy),
    ids: [policy.id],
    text: () => `${doneLine(`Policy updated successfully: ${policy.name}`)}\n\n${policyText(policy)}`,
  });
}

export async function deletePolicy(
  parts: CommandParts,
  id: string,
  options: OutputOptions & { readonly yes?: boolean },
): Promise<void> {
  const client = await clientOf(parts);
  if (!(await confirm(parts, `Delete the policy ${id}?`, options.yes))) return;
  const call = { method: "DELETE", path: policyPath(id) } as const;
  await orAbsent(`policy ${id}`, POLICIES, client.call(call, z.unknown()));
  await present(parts, options, {
    json: { deleted: id },
    ids: [],
    text: () => doneLine(`Policy deleted: ${id}`),
  });
}
