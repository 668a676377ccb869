/** A WebSocket client that keeps every frame it gets, for tests that look at the wire. */
import WebSocket from "ws";
import { eventually } from "./eventually.ts";

export type Frame = Readonly<Record<string, unknown>>;

export interface TestSocket {
  /** In the order of arrival. */
  readonly frames: readonly Frame[];
  readonly socket: WebSocket;
  send(frame: unknown): void;
  /** The first frame that fits and was not given before. */
  next(what: string, fits?: (frame: Frame) => boolean): Promise<Frame>;
  /** Code and reason of the close. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  end(): void;
}

/** @param baseUrl http:// @throws the status of a refused upgrade, as `refused 403` with the body */
export async function openSocket(
  baseUrl: string,
  {
    key,
    query,
    path = "/v0",
    localAddress,
  }: {
    readonly key?: string;
    readonly query?: string;
    readonly path?: string;
    readonly localAddress?: string;
  },
): Promise<TestSocket> {
  const url = `${baseUrl.replace(/^http/, "ws")}${path}${query === undefined ? "" : `?api_key=${query}`}`;
  const socket = new WebSocket(url, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(localAddress !== undefined && { localAddress }),
  });
  const frames: Frame[] = [];
  const given = new Set<Frame>();
  // Cast: the server writes JSON objects.
  socket.on("message", (data) => frames.push(JSON.parse(String(data)) as Frame));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += String(chunk);
      });
      response.on("end", () => reject(new Error(`refused ${response.statusCode} ${body}`)));
    });
  });
  socket.on("error", () => undefined);
  return {
    frames,
    socket,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    async next(what, fits = () => true) {
      const frame = await eventually(
        what,
        async () => frames.find((one) => !given.has(one) && fits(one)),
        async () => frames,
      );
      given.add(frame);
      return frame;
    },
    closed,
    end: () => socket.terminate(),
  };
}

/** The frame is an event of this type. */
export const ofType =
  (type: string) =>
  (frame: Frame): boolean =>
    frame["event_type"] === type;
