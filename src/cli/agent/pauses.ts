/** Pausing and resuming: what is paused refuses to send and receive, and keeps its mail and its keys. */
import { z } from "zod";
import { type Client, inPath } from "../client/client.ts";
import { confirm } from "../confirm.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import { accountOf } from "./accounts.ts";
import { grantJson } from "./grant.ts";
import { clientOf, readGrant, readWorkspace } from "./read.ts";
import { workspaceJson } from "./workspace.ts";

export type Turn = "pause" | "resume";

/** `/v3` has no route for it. */
const ask = (client: Client, of: string, turn: Turn): Promise<unknown> =>
  client.call({ method: "POST", path: `/v0/${of}/${turn}`, body: {} }, z.unknown());

const sentence = (turn: Turn, what: string, refuses: string): string =>
  doneLine(
    turn === "pause"
      ? `Paused ${what}: ${refuses} to send and to receive until it is resumed.`
      : `Resumed ${what}.`,
  );

export async function turnAccount(
  parts: CommandParts,
  account: string | undefined,
  turn: Turn,
  options: OutputOptions,
): Promise<void> {
  const client = await clientOf(parts);
  const { id, email } = await readGrant(client, accountOf(parts, account));
  await ask(client, `inboxes/${inPath(email)}`, turn);
  const after = await readGrant(client, id);
  await present(parts, options, {
    json: grantJson(after),
    ids: [id],
    text: () => sentence(turn, email, "it refuses"),
  });
}

export async function turnWorkspace(
  parts: CommandParts,
  workspace: string,
  turn: Turn,
  options: OutputOptions,
): Promise<void> {
  const client = await clientOf(parts);
  const found = await readWorkspace(client, workspace);
  await ask(client, `pods/${inPath(found.workspace_id)}`, turn);
  await present(parts, options, {
    json: workspaceJson(found),
    ids: [found.workspace_id],
    text: () => sentence(turn, `the workspace ${found.name}`, "its accounts refuse"),
  });
}

const organizationShape = z.object({ organization_id: z.string() });

/** All accounts at once. */
export async function turnOrganization(
  parts: CommandParts,
  turn: Turn,
  options: OutputOptions & { readonly yes?: boolean },
): Promise<void> {
  const client = await clientOf(parts);
  const question = "Stop every account of the organization from sending and receiving?";
  if (turn === "pause" && !(await confirm(parts, question, options.yes))) return;
  const call = { method: "POST", path: `/v0/organizations/${turn}`, body: {} } as const;
  const { organization_id: id } = await client.call(call, organizationShape);
  await present(parts, options, {
    json: { organization_id: id, paused: turn === "pause" },
    ids: [id],
    text: () => sentence(turn, "the organization", "all its accounts refuse"),
  });
}
