/** Sequences of requests that several commands of Nylas's command line have in common. */
import { expect } from "vitest";
import type { z } from "zod";
import { type NylasCli, pathOf } from "./client.ts";
import { connector, grant, many, nested, one, rule, workspace } from "./objects.ts";

/** Accounts that the command asks for on a page. It takes a shorter one for the last. */
export const PAGE = 200;
/** Pages after which the command gives up. */
const MAX_PAGES = 1000;

type Grant = z.infer<typeof grant>;

export type Commands = ReturnType<typeof commandsOf>;

export function commandsOf(cli: NylasCli) {
  const getAccount = async (id: string): Promise<Grant> =>
    (await cli.need(one(grant), "GET", pathOf("grants", id))).data;
  const getWorkspace = async (id: string) =>
    (await cli.need(one(workspace), "GET", pathOf("workspaces", id))).data;
  const patchWorkspace = async (id: string, body: object) =>
    (await cli.need(one(workspace), "PATCH", pathOf("workspaces", id), { body })).data;
  return {
    getAccount,
    getWorkspace,
    patchWorkspace,
    createAccount: (email: string, more?: object, settings?: object) =>
      createAccount(cli, email, more, settings),
    listAccounts: () => listAccounts(cli),
    /** Looked up by its address in the list of all, then read by its id. */
    async findAccount(email: string): Promise<Grant> {
      const found = (await listAccounts(cli)).find((one) => one.email === email.toLowerCase());
      if (found === undefined) throw new Error(`no account ${email} is listed`);
      return getAccount(found.id);
    },
    createWorkspace: async (body: object) =>
      (await cli.need(one(workspace), "POST", "/v3/workspaces", { body })).data,
    listWorkspaces: async () => (await cli.need(many(workspace), "GET", "/v3/workspaces")).data,
    /** A flat list to its end. */
    walk: <Item extends z.ZodType>(path: string, item: Item) =>
      walk(async (query) => {
        const { data, next_cursor: cursor } = await cli.need(many(item), "GET", path, { query });
        return { items: data, cursor };
      }),
    listRules: () =>
      walk(async (query) => {
        const { data, next_cursor: cursor } = await cli.need(nested(rule), "GET", "/v3/rules", { query });
        return { items: data.items, cursor };
      }),
    /** `agent rule create`: made, and attached to the workspace of the account. */
    async createRule(grantId: string, body: object) {
      const { workspace_id } = await getAccount(grantId);
      const made = (await cli.need(one(rule), "POST", "/v3/rules", { body })).data;
      const { rule_ids } = await getWorkspace(workspace_id);
      await patchWorkspace(workspace_id, { rule_ids: [...rule_ids, made.id] });
      return made;
    },
  };
}

/** `agent account create`: the connectors, then the account. */
async function createAccount(
  cli: NylasCli,
  email: string,
  more: object = {},
  settings: object = {},
): Promise<Grant> {
  const { data } = await cli.need(many(connector), "GET", "/v3/connectors");
  expect(data.map(({ provider }) => provider)).toContain("nylas");
  const body = { provider: "nylas", settings: { email, ...settings }, ...more };
  return (await cli.need(one(grant), "POST", "/v3/connect/custom", { body })).data;
}

/** All accounts by offset. */
async function listAccounts(cli: NylasCli): Promise<Grant[]> {
  const found: Grant[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { limit: PAGE, ...(page > 0 && { offset: page * PAGE }) };
    const { data } = await cli.need(many(grant), "GET", "/v3/grants", { query });
    found.push(...data);
    if (data.length < PAGE) break;
  }
  return found;
}

/** A list by cursor. The command takes a cursor that comes twice for an error. */
async function walk<Item>(
  page: (query: Record<string, string>) => Promise<{ items: Item[]; cursor: string | undefined }>,
): Promise<Item[]> {
  const found: Item[] = [];
  const cursors = new Set<string>();
  let query: Record<string, string> = {};
  while (cursors.size < MAX_PAGES) {
    const { items, cursor } = await page(query);
    found.push(...items);
    if (cursor === undefined) break;
    expect(cursors).not.toContain(cursor);
    cursors.add(cursor);
    query = { page_token: cursor };
  }
  return found;
}
