/** `rookery agent status`. */
import { z } from "zod";
import { type OutputOptions, present, unlessEmpty } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import { grantJson, grantTable } from "./grant.ts";
import { clientOf, one, readGrants, readWorkspaces, workspaceNames } from "./read.ts";

const connectorShape = z.object({ id: z.string().nullish(), provider: z.string() });

/** Whether accounts can be made, and those that there are. */
export async function showStatus(parts: CommandParts, options: OutputOptions): Promise<void> {
  const client = await clientOf(parts);
  const connectors = await one(client, { method: "GET", path: "/v3/connectors" }, z.array(connectorShape));
  const connector = connectors.find(({ provider }) => provider === "nylas");
  const grants = await readGrants(client);
  await present(parts, options, {
    json: {
      connector_configured: connector !== undefined,
      ...unlessEmpty("connector_id", connector?.id),
      account_count: grants.length,
      ...(grants.length > 0 && { accounts: grants.map(grantJson) }),
    },
    ids: grants.map(({ id }) => id),
    text: async () => {
      const broken = grants.filter(({ grant_status: status }) => status !== "valid").length;
      const heads = [
        `Server:    ${client.connection.baseUrl}`,
        `Connector: ${connector === undefined ? "missing" : connector.id ? `ready (${connector.id})` : "ready"}`,
        `Accounts:  ${grants.length.toLocaleString("en")}${broken === 0 ? "" : ` (${broken.toLocaleString("en")} not active)`}`,
      ];
      if (grants.length === 0) return heads.join("\n");
      return [...heads, "", grantTable(grants, workspaceNames(await readWorkspaces(client)))].join("\n");
    },
  });
}
