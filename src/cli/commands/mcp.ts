import type { Command } from "commander";
import type { CommandParts } from "../parts.ts";

/** `rookery mcp`: the tools of a server that runs, for programs that start their MCP servers themselves. */
export function addMcp(program: Command, parts: CommandParts): void {
  program
    .command("mcp")
    .description(
      "Serve the server's MCP tools over standard input and output, for clients that start a command.",
    )
    .addHelpText(
      "after",
      `
The server is the one at ROOKERY_BASE_URL, the key the one in ROOKERY_API_KEY:
tools that the key may not use are not listed. Clients that speak HTTP need no
command: give them the server's address with /mcp behind it.

Examples:
  rookery mcp

In a client's configuration:
  { "mcpServers": { "rookery": {
      "command": "npx", "args": ["rookery", "mcp"],
      "env": { "ROOKERY_API_KEY": "am_...",
               "ROOKERY_BASE_URL": "http://127.0.0.1:8080" } } } }`,
    )
    .action(async () => (await import("../mcp/bridge.ts")).serveTools(parts));
}
