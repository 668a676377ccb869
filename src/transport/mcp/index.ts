/** AgentMail's MCP server: its tools, over our routes (docs/decisions/0050-mcp.md). */
export type { ApiAnswer, ToolApi } from "./api.ts";
export { type AnswerMcp, createMcp, type McpCall } from "./protocol.ts";
export type { ArgumentsFault } from "./run-tool.ts";
