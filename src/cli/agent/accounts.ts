/** `rookery agent account`: one function a command. */
import { z } from "zod";
import { confirm } from "../confirm.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { grantJson, grantShape, grantTable, grantText } from "./grant.ts";
import {
  clientOf,
  namesAround,
  ofAccount,
  one,
  orAbsent,
  readGrant,
  readGrants,
  readWorkspaces,
  WORKSPACES,
  withDomain,
  workspaceNames,
  workspacePath,
} from "./read.ts";

/** What a deletion answers. */
const anyAnswer = z.unknown();

interface AccountOptions extends OutputOptions {
  readonly name?: string;
  /** False: --no-app-password. */
  readonly appPassword?: string | false;
}

export async function createAccount(
  parts: CommandParts,
  email: string,
  options: AccountOptions & { readonly workspace?: string },
): Promise<void> {
  const client = await clientOf(parts);
  const { name, appPassword, workspace } = options;
  const grant = await one(
    client,
    {
      method: "POST",
      path: "/v3/connect/custom",
      body: {
        provider: "nylas",
        settings: {
          email: withDomain(client, email.trim()),
          ...(typeof appPassword === "string" && { app_password: appPassword }),
        },
        ...(name !== undefined && { name }),
        ...(workspace !== undefined && { workspace_id: workspace }),
      },
    },
    grantShape,
  );
  await present(parts, options, {
    json: grantJson(grant),
    ids: [grant.id],
    text: async () =>
      `${doneLine("Agent account created successfully!")}\n\n${grantText(grant, await namesAround(client, grant))}`,
  });
}

export async function getAccount(
  parts: CommandParts,
  account: string | undefined,
  options: OutputOptions,
): Promise<void> {
  const client = await clientOf(parts);
  const grant = await readGrant(client, accountOf(parts, account));
  await present(parts, options, {
    json: grantJson(grant),
    ids: [grant.id],
    text: async () => grantText(grant, await namesAround(client, grant)),
  });
}

/** The argument, or the account that the environment names. @throws UsageError without one */
export function accountOf({ environment }: CommandParts, account: string | undefined): string {
  const found = (account ?? environment["NYLAS_AGENT_GRANT_ID"] ?? "").trim();
  if (found === "")
    throw new UsageError("An account is missing: give its id or address, or set NYLAS_AGENT_GRANT_ID.");
  return found;
}

export async function listAccounts(parts: CommandParts, options: OutputOptions): Promise<void> {
  const client = await clientOf(parts);
  const grants = await readGrants(client);
  await present(parts, options, {
    json: grants.map(grantJson),
    ids: grants.map(({ id }) => id),
    text: async () =>
      grantTable(grants, grants.length === 0 ? new Map() : workspaceNames(await readWorkspaces(client))),
  });
}

export async function updateAccount(
  parts: CommandParts,
  account: string | undefined,
  options: AccountOptions,
): Promise<void> {
  const { name, appPassword } = options;
  if (name === undefined && appPassword === undefined)
    throw new UsageError("Nothing to change: give --name, --app-password or --no-app-password.");
  const client = await clientOf(parts);
  const found = accountOf(parts, account);
  const body = {
    ...(name !== undefined && { name }),
    // Null closes IMAP and submission.
    ...(appPassword !== undefined && {
      settings: { app_password: appPassword === false ? null : appPassword },
    }),
  };
  const grant = await ofAccount(client, found, (path) =>
    one(client, { method: "PATCH", path, body }, grantShape),
  );
  await present(parts, options, {
    json: grantJson(grant),
    ids: [grant.id],
    text: async () =>
      `${doneLine(`Agent account updated successfully: ${grant.email}`)}\n\n${grantText(grant, await namesAround(client, grant))}`,
  });
}

const assignedShape = z.object({
  application_id: z.string().nullish(),
  workspace_id: z.string(),
  domain: z.string().nullish(),
  grants_assigned: z.array(z.string()).nullish(),
  grants_removed: z.array(z.string()).nullish(),
});

export async function moveAccount(
  parts: CommandParts,
  account: string | undefined,
  options: OutputOptions & { readonly workspace: string },
): Promise<void> {
  const client = await clientOf(parts);
  const grant = await readGrant(client, accountOf(parts, account));
  const assigned = await orAbsent(
    `workspace ${options.workspace}`,
    WORKSPACES,
    one(
      client,
      {
        method: "POST",
        path: `${workspacePath(options.workspace)}/manual-assign`,
        body: { assign_grants: [grant.id] },
      },
      assignedShape,
    ),
  );
  await present(parts, options, {
    json: {
      ...assigned,
      grants_assigned: assigned.grants_assigned ?? [],
      grants_removed: assigned.grants_removed ?? [],
    },
    ids: [grant.id],
    text: () => doneLine(`Moved ${grant.email} to workspace ${assigned.workspace_id}`),
  });
}

export async function deleteAccount(
  parts: CommandParts,
  account: string | undefined,
  options: OutputOptions & { readonly yes?: boolean; readonly force?: boolean },
): Promise<void> {
  const found = accountOf(parts, account);
  const client = await clientOf(parts);
  const yes = options.yes === true || options.force === true;
  if (!(await confirm(parts, `Delete the agent account ${found} and all its mail?`, yes))) return;
  await ofAccount(client, found, (path) => client.call({ method: "DELETE", path }, anyAnswer));
  await present(parts, options, {
    json: { deleted: found },
    ids: [],
    text: () => doneLine(`Agent account deleted: ${found}`),
  });
}
