/** The official client of the Model Context Protocol, over HTTP. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** A revision of 2025, which begins with a handshake, or of 2026, which has none. */
export type Era = "legacy" | "auto";

export async function mcpClient(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  era: Era = "legacy",
): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: era } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
}

/** Calls a tool. The client checks what it gives against the schema that the tool shows, and throws when it does not fit. */
export async function callTool(client: Client, name: string, args: object = {}): Promise<ToolResult> {
  // Cast: any object is a record of unknown values.
  const result = await client.callTool({ name, arguments: args as Record<string, unknown> });
  const [first] = result.content;
  return {
    isError: result.isError === true,
    text: first?.type === "text" ? first.text : "",
    // Cast: structured content is an object.
    structured: (result.structuredContent ?? {}) as Record<string, unknown>,
  };
}
