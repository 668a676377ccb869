/** What several commands read of a server. */
import { z } from "zod";
import { isUuid } from "../../lib/uuid.ts";
import { type Call, type Client, createClient, inPath } from "../client/client.ts";
import { connectionOf } from "../client/connection.ts";
import { ClientError } from "../client/failures.ts";
import { allByCursor, allByOffset } from "../client/pages.ts";
import type { CommandParts } from "../parts.ts";
import { createCount } from "../progress.ts";
import { type Grant, grantShape, type Names } from "./grant.ts";
import { type Policy, policyShape } from "./policy.ts";
import { type Rule, ruleShape } from "./rule.ts";
import { type ValueList, valueListShape } from "./value-list.ts";
import { type Workspace, workspaceShape } from "./workspace.ts";

/** @throws ConfigError, SetupError, UsageError as connectionOf */
export const clientOf = async (parts: CommandParts): Promise<Client> =>
  createClient(await connectionOf(parts));

/** The one object of an answer. */
export async function one<Value>(client: Client, call: Call, shape: z.ZodType<Value>): Promise<Value> {
  return client.call(
    call,
    z.object({ data: shape }).transform(({ data }) => data),
  );
}

/**
 * As `act`; an answer of 404 says what is absent and which command lists what is there.
 * @throws ClientError
 */
export async function orAbsent<Value>(what: string, listing: string, act: Promise<Value>): Promise<Value> {
  try {
    return await act;
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 404) throw error;
    throw new ClientError(`There is no ${what} that this key may see. \`${listing}\` lists them.`, 404, {
      cause: error,
    });
  }
}

export const ACCOUNTS = "rookery agent account list";
export const WORKSPACES = "rookery workspace list";

/** The server looks accounts up by id and by address, so that no list is read for it. @throws ClientError */
export const readGrant = (client: Client, account: string): Promise<Grant> =>
  ofAccount(client, account, (path) => one(client, { method: "GET", path }, grantShape));

/**
 * What `act` gives for the path of an account.
 * @param account its id, its address, or, as `create` takes it, its name on the installation's own domain
 * @throws ClientError
 */
export const ofAccount = <Value>(
  client: Client,
  account: string,
  act: (path: string) => Promise<Value>,
): Promise<Value> => orAbsent(`agent account ${account}`, ACCOUNTS, alsoByName(client, account, act));

async function alsoByName<Value>(
  client: Client,
  account: string,
  act: (path: string) => Promise<Value>,
): Promise<Value> {
  try {
    return await act(grantPath(account));
  } catch (error) {
    const isAbsent = error instanceof ClientError && error.status === 404;
    if (!isAbsent || /[@:]/.test(account) || isUuid(account)) throw error;
    return act(grantPath(withDomain(client, account)));
  }
}

const grantPath = (account: string): string => `/v3/grants/${inPath(account)}`;

/** An account named without a domain is one of the installation's own. */
export const withDomain = ({ connection }: Client, name: string): string =>
  name.includes("@") ? name : `${name}@${connection.domain}`;

/** Every account, newest first; on a terminal with a count of those read so far. */
export async function readGrants(client: Client): Promise<Grant[]> {
  const progress = createCount();
  try {
    const grants = await allByOffset(client, "/v3/grants", grantShape, (count) =>
      progress.step("agent accounts read:", count),
    );
    return grants.filter(({ provider }) => provider === "nylas").reverse();
  } finally {
    progress.end();
  }
}

/** Page by page: in one answer the API gives some thousands at most. */
export const readWorkspaces = (client: Client): Promise<Workspace[]> =>
  allByCursor(client, "/v3/workspaces", workspaceShape);

/** @param workspace id or grouping domain. @throws ClientError */
export const readWorkspace = (client: Client, workspace: string): Promise<Workspace> =>
  orAbsent(
    `workspace ${workspace}`,
    WORKSPACES,
    one(client, { method: "GET", path: workspacePath(workspace) }, workspaceShape),
  );

export const workspacePath = (workspace: string): string => `/v3/workspaces/${inPath(workspace)}`;

export const readPolicies = (client: Client): Promise<Policy[]> =>
  allByCursor(client, "/v3/policies", policyShape);
export const readRules = (client: Client): Promise<Rule[]> => allByCursor(client, "/v3/rules", ruleShape);
export const readLists = (client: Client): Promise<ValueList[]> =>
  allByCursor(client, "/v3/lists", valueListShape);

/** Names of the workspace and the policy of one account, as far as the key may read them. */
export async function namesAround(client: Client, grant: Grant): Promise<Names> {
  const names = new Map<string, string>();
  const { workspace_id: workspaceId } = grant;
  const policyId = grant.settings?.policy_id;
  const tolerated = <Value>(act: Promise<Value>): Promise<Value | null> =>
    act.catch((error: unknown) => {
      // A name is an extra: the account is shown without it.
      if (error instanceof ClientError) return null;
      throw error;
    });
  const [workspace, policy] = await Promise.all([
    workspaceId ? tolerated(readWorkspace(client, workspaceId)) : null,
    policyId
      ? tolerated(one(client, { method: "GET", path: `/v3/policies/${inPath(policyId)}` }, policyShape))
      : null,
  ]);
  if (workspace) names.set(workspace.workspace_id, workspace.name);
  if (policy) names.set(policy.id, policy.name);
  return names;
}

export const workspaceNames = (workspaces: readonly Workspace[]): Names =>
  new Map(workspaces.map(({ workspace_id: id, name }) => [id, name]));
