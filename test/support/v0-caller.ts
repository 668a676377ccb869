/** Calls routes of /v0 without a server, on a test door: for tests of what goes over the wire. */
import { Failure } from "../../src/domain/door/failures.ts";
import { InvalidRequest } from "../../src/transport/http/dialect/invalid-request.ts";
import type { RouteAnswer } from "../../src/transport/http/dialect/route.ts";
import { v0, v0Routes } from "../../src/transport/http/v0/index.ts";
import type { TestDoor } from "./test-door.ts";

/** JSON of an answer, or its text. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls a route by the client's name for it, as the bearer of `token`. */
export type V0Caller = (token: string, name: string, asked?: Asked) => Promise<Answer>;

export function v0Caller({ door, authenticator }: Pick<TestDoor, "door" | "authenticator">): V0Caller {
  return async (token, name, asked = {}) => {
    const route = v0Routes.find((one) => one.name === name);
    if (route === undefined) throw new Error(`no route is named ${name}`);
    const actor = await authenticator.authenticate(token);
    const query = Object.fromEntries(Object.entries(asked.query ?? {}).map(([key, one]) => [key, [one]]));
    const request = {
      params: asked.params ?? {},
      query,
      body: { json: asked.body ?? {} },
      header: (header: string) => asked.headers?.[header],
      network: null,
      origin: "http://test",
    };
    return answerOf(() => route.handle(door, actor, v0.target(request.params), request));
  };
}

async function answerOf(act: () => Promise<RouteAnswer>): Promise<Answer> {
  try {
    const answer = await act();
    if ("content" in answer)
      return { status: answer.status, body: {}, text: String(answer.content), headers: answer.headers };
    if ("lines" in answer || "files" in answer)
      throw new Error("what is made piece by piece is read over the wire");
    // As on the wire: what JSON cannot say is not there.
    const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
    return { status: answer.status, body: text === "" ? {} : JSON.parse(text), text, headers: {} };
  } catch (error) {
    const answering = { requestId: "test", path: "" };
    const answer =
      error instanceof Failure
        ? v0.refusal(error, answering)
        : error instanceof InvalidRequest
          ? v0.invalid(error.issues, answering, error.remedy)
          : null;
    if (answer === null) throw error;
    return {
      status: answer.status,
      body: { ...answer.body },
      text: JSON.stringify(answer.body),
      headers: {},
    };
  }
}
