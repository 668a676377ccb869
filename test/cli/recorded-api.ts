/**
 * A server that answers what a test gives it and records what it was asked: for what commands send and print. That the real API
 * takes and gives the same is shown in `fleet-scripts.test.ts`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { openSockets } from "../support/sockets.ts";

export interface Asked {
  readonly method: string;
  /** With the query, as sent. */
  readonly path: string;
  readonly body: unknown;
  readonly key: string | undefined;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is. */
  readonly body: unknown;
}

export interface RecordedApi {
  readonly url: string;
  readonly asked: Asked[];
  end(): Promise<void>;
}

/** @param answers by method and path without query, as in `GET /v3/grants`; anything else is 404 */
export async function recordedApi(
  answers: Readonly<Record<string, (asked: Asked) => Answer>>,
): Promise<RecordedApi> {
  const sockets = openSockets();
  const asked: Asked[] = [];
  const port = await sockets.http((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString("utf8");
    const { method = "", url: path = "" } = request;
    const authorization = request.headers.authorization;
    const one: Asked = {
      method,
      path,
      body: text === "" ? undefined : JSON.parse(text),
      key: authorization?.replace(/^Bearer /, ""),
    };
    asked.push(one);
    const found = answers[`${method} ${path.split("?")[0]}`];
    const { status = 200, headers = {}, body } = found?.(one) ?? notFound;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }
  return { url: `http://127.0.0.1:${port}`, asked, end: () => sockets.end() };
}

export const refused = (status: number, type: string, message: string): Answer => ({
  status,
  body: { request_id: "r-1", error: { type, message } },
});

const notFound = refused(404, "api.not_found_error", "Resource not found.");

/** One object, or all of a list that has one page. */
export const answerOf = (data: unknown, status = 200): Answer => ({
  status,
  body: { request_id: "r-1", data },
});
