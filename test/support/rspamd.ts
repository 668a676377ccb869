/** A server that speaks rspamd's protocol (https://rspamd.com/doc/developers/protocol.html) and says of a mail what a test wants. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Sockets } from "./sockets.ts";

/** A question as it came. */
export interface Asked {
  readonly path: string;
  /** Fields in order, each name in lower case. */
  readonly fields: readonly (readonly [string, string])[];
  /** The mail, one character a byte. */
  readonly body: string;
}

type Answer = object | ((response: ServerResponse) => void);

export interface TestRspamd {
  readonly url: string;
  readonly asked: Asked[];
  /** What is said from now on: JSON, or what a function writes. */
  answer: Answer;
}

/** As rspamd 3.4 answers, without what nobody here reads. */
export const filterReply = (action: string, score: number): object => ({
  is_skipped: false,
  score,
  required_score: 15.0,
  action,
  symbols: {
    ARC_NA: { name: "ARC_NA", score: 0.0, metric_score: 0.0, description: "ARC signature absent" },
    MIME_GOOD: { name: "MIME_GOOD", score: -0.1, metric_score: -0.1, options: ["text/plain"] },
    GTUBE: { name: "GTUBE", score, metric_score: score },
  },
  urls: [],
  emails: [],
  "message-id": "a@example.test",
  time_real: 0.01,
});

export async function startRspamd(sockets: Sockets): Promise<TestRspamd> {
  const asked: Asked[] = [];
  const state = { asked, url: "", answer: filterReply("no action", 0) as Answer };
  const port = await sockets.http((request, response) => {
    void question(request).then((one) => {
      asked.push(one);
      const { answer } = state;
      if (typeof answer === "function") answer(response);
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  return Object.assign(state, { url: `http://127.0.0.1:${port}` });
}

async function question(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const { rawHeaders } = request;
  return {
    path: `${request.method} ${request.url}`,
    fields: rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ""] as const] : [],
    ),
    body: Buffer.concat(chunks).toString("latin1"),
  };
}
