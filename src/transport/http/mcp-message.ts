/** The message of a POST to `/mcp`. */
import type { Pause } from "../../lib/loop-turns.ts";
import type { ArgumentsFault } from "../mcp/index.ts";
import { JSON_PIECE_BYTES } from "./limits.ts";
import { readLongJson } from "./long-json.ts";
import { faultOfJson, ordinaryJson } from "./parse-json.ts";

export interface McpMessage {
  readonly message: unknown;
  /** Of the arguments of a tool, which are left out of the message then: the tool tells it, so that a model reads it and tries again. */
  readonly argumentsFault: ArgumentsFault | null;
}

/**
 * @param pause between two pieces of a long body
 * @returns undefined when the body is no JSON
 * @throws InvalidRequest as parseJson, for faults outside of a tool's arguments
 */
export async function readMessage(body: Uint8Array, pause: Pause): Promise<McpMessage | undefined> {
  const read = await readLongJson(body, ordinaryJson, { bytes: JSON_PIECE_BYTES, pause });
  if (read === undefined) return undefined;
  const { value, fault } = read;
  if (fault === null) return { message: value, argumentsFault: null };
  const [issue] = fault.issues;
  if (issue?.path[0] !== "params" || issue.path[1] !== "arguments" || !isCall(value)) throw fault;
  const message = { ...value, params: { ...value.params, arguments: {} } };
  const another = faultOfJson(message);
  if (another !== null) throw another;
  return { message, argumentsFault: { path: issue.path.slice(2), message: issue.message } };
}

const isCall = (value: unknown): value is { readonly params: object } =>
  typeof value === "object" &&
  value !== null &&
  "params" in value &&
  typeof value.params === "object" &&
  value.params !== null;
