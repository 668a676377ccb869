/** One call of a tool: arguments checked, the route called, its answer as MCP has results. A failure says what to do next. */
import type { CallToolResult } from "@modelcontextprotocol/server";
import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import type { ApiAnswer, ToolApi } from "./api.ts";
import { MAX_REPORTED_FAULTS } from "./limits.ts";
import { fromWire, pathText, toWire } from "./naming.ts";
import { shortened } from "./shorten.ts";
import type { Tool } from "./tool.ts";

/** @param given the arguments as they came @throws what is a fault of the server */
export async function runTool(tool: Tool, api: ToolApi, given: unknown): Promise<CallToolResult> {
  const parsed = tool.input.safeParse(given ?? {});
  if (!parsed.success) return failed(wrongArguments(tool, parsed.error.issues));
  const answer = await api.call(tool.route, toWire(parsed.data));
  if (!answer.isDone) return failed(refusalText(answer));
  const result = answer.body === undefined ? { success: true } : shortened(fromWire(answer.body));
  // Fields that the tool does not promise are left out here; one that it promises and lacks is a fault of ours, and throws.
  const structuredContent = tool.output.parse(result);
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}

/** What is wrong with arguments before a tool looks at them, such as a text that cannot be stored. `path` leads to it among them. */
export interface ArgumentsFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** As runTool answers arguments that are wrong. */
export const refusedArguments = (tool: Tool, { path, message }: ArgumentsFault): CallToolResult =>
  failed(wrongArguments(tool, [{ code: "custom", path: [...path], message }]));

/** A result and no protocol error, so that the model reads it and tries again otherwise. */
const failed = (text: string): CallToolResult => ({ content: [{ type: "text", text }], isError: true });

function wrongArguments(tool: Tool, issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.slice(0, MAX_REPORTED_FAULTS).flatMap((issue) => faultLines(tool, issue));
  return [
    `Invalid arguments for ${tool.name}:`,
    ...lines,
    "Nothing was done. Correct them and call the tool again.",
  ].join("\n");
}

function faultLines(tool: Tool, issue: z.core.$ZodIssue): string[] {
  if (issue.code !== "unrecognized_keys" || issue.path.length > 0)
    return [`- ${pathText(issue.path) || "arguments"}: ${issue.message}`];
  const known = Object.keys(tool.input.shape);
  return issue.keys.slice(0, MAX_REPORTED_FAULTS).map((key) => {
    // Long names are not compared: that takes time by their length.
    const near = key.length <= MAX_COMPARED_CHARACTERS && known.length > 0 ? closest(key, known) : null;
    const isNear = near !== null && distance(key, near) <= Math.max(2, near.length / 3);
    const hint = isNear ? `Did you mean ${near}?` : `It takes ${known.join(", ") || "none"}.`;
    return `- ${key.slice(0, MAX_COMPARED_CHARACTERS)}: there is no such argument. ${hint}`;
  });
}

const MAX_COMPARED_CHARACTERS = 64;

/** The API's message, status and remedy, and each fault with its place. */
function refusalText({ status, error }: Extract<ApiAnswer, { readonly isDone: false }>): string {
  const { message, code, fix, errors } = error;
  const faults = Array.isArray(errors) ? errors.slice(0, MAX_REPORTED_FAULTS).flatMap(issueLine) : [];
  const said = `${String(message).replace(/\.$/, "")} (HTTP ${status}, ${String(code)}).`;
  return [said, ...faults, ...(typeof fix === "string" ? [`What to do: ${fix}`] : [])].join("\n");
}

function issueLine(issue: unknown): string[] {
  if (typeof issue !== "object" || issue === null) return [];
  const path = "path" in issue && Array.isArray(issue.path) ? issue.path.filter(isKey) : [];
  const message = "message" in issue && typeof issue.message === "string" ? issue.message : "";
  return path.length === 0 || message === "" ? [] : [`- ${pathText(path)}: ${message}`];
}

const isKey = (part: unknown): part is string | number =>
  typeof part === "string" || typeof part === "number";
