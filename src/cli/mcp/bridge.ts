/** The tools of a server over standard input and output: what a client asks for is asked of `POST /mcp`, as the bearer of the command's key. */
import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";
import { VERSION } from "../../version.ts";
import { type Client, createClient } from "../client/client.ts";
import { connectionOf } from "../client/connection.ts";
import { ClientError } from "../client/failures.ts";
import type { CommandParts } from "../parts.ts";

/** The revision that requests to the server are written in: the last one with a handshake, which the server does not insist on. */
const REVISION = "2025-11-25";

/** Bytes of a message from the client: five of the largest that the server takes, so that what is too large is refused by the server, which says what to do instead. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const answer = z.union([
  z.object({ result: z.looseObject({}) }),
  z.object({
    error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }),
  }),
]);

/** Standard input and output, and when they have ended: with the input, or at a message that is larger than any may be. */
class Wire extends StdioServerTransport {
  readonly #ended = Promise.withResolvers<void>();
  readonly ended = this.#ended.promise;

  constructor() {
    super(process.stdin, process.stdout, { maxBufferSize: MAX_MESSAGE_BYTES });
  }

  override async close(): Promise<void> {
    await super.close();
    this.#ended.resolve();
  }
}

/**
 * Serves until standard input ends.
 * @throws ClientError, UsageError before anything is served, when the server does not answer or does not take the key; Error when it ended before the input did
 */
export async function serveTools(parts: CommandParts): Promise<void> {
  const client = createClient(await connectionOf(parts));
  const { instructions } = await hello(client);
  const wire = new Wire();
  const handle = serveStdio(() => serverOf(client, instructions), {
    transport: wire,
    onerror: (error) => parts.tell(`mcp: ${error.message}`),
  });
  await wire.ended;
  await handle.close();
  // Its error was told already.
  if (!process.stdin.readableEnded && !process.stdin.destroyed) parts.exit(1);
}

async function hello(client: Client): Promise<{ readonly instructions: string | undefined }> {
  const clientInfo = { name: "rookery-mcp", version: VERSION };
  const asked = { protocolVersion: REVISION, capabilities: {}, clientInfo };
  const result = await ask(client, "initialize", asked);
  return z
    .object({ instructions: z.string().optional() })
    .transform((found) => ({ instructions: found.instructions }))
    .parse(result);
}

function serverOf(client: Client, instructions: string | undefined): Server {
  const server = new Server(
    { name: "rookery", title: "Rookery", version: VERSION },
    { capabilities: { tools: {} }, ...(instructions !== undefined && { instructions }) },
  );
  server.setRequestHandler("tools/list", async () => {
    const { tools } = await forward(client, "tools/list", {});
    // Cast: a server of ours answers with tools, and the client on the other side checks them.
    return { tools: tools as never };
  });
  server.setRequestHandler("tools/call", async ({ params: { name, arguments: given } }) => {
    const result = await forward(client, "tools/call", { name, arguments: given ?? {} });
    // Cast: as above.
    return result as never;
  });
  return server;
}

/** As `ask`, with what went wrong as the protocol has it. */
async function forward(client: Client, method: string, params: object): Promise<Record<string, unknown>> {
  try {
    return await ask(client, method, params);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw new ProtocolError(ProtocolErrorCode.InternalError, error.message);
  }
}

/** One request, which no other depends on: the server keeps no session. @throws ClientError, ProtocolError */
async function ask(client: Client, method: string, params: object): Promise<Record<string, unknown>> {
  const body = { jsonrpc: "2.0", id: 1, method, params };
  const headers = { accept: "application/json, text/event-stream" };
  const isRepeatable = method !== "tools/call";
  const found = await client.call({ method: "POST", path: "/mcp", body, headers, isRepeatable }, answer);
  if ("result" in found) return found.result;
  const { code, message, data } = found.error;
  throw new ProtocolError(code, message, data);
}
