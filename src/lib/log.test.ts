import { describe, expect, test } from "vitest";
import { createLog, type Log, type LogLevel } from "./log.ts";

/** What a log writes, line by line. */
function logged(level: LogLevel, write: (log: Log) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLog(level, { write: (line) => lines.push(line) }));
  return lines.map((line) => {
    expect(line.endsWith("\n")).toBe(true);
    expect(line.trimEnd()).not.toContain("\n");
    // What JSON.parse gives of a line of a log is an object.
    return JSON.parse(line) as Record<string, unknown>;
  });
}

test("an event is one line of JSON with its level by name, its time and its fields", () => {
  const [line, ...more] = logged("info", (log) => log.warn({ podId: "p", count: 2 }, "two\nlines"));
  expect(more).toEqual([]);
  expect(line).toMatchObject({ level: "warn", podId: "p", count: 2, msg: "two\nlines" });
  expect(line?.["time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("what is below the level is not written, and nothing at all when it is silent", () => {
  const all = (log: Log): void => {
    log.info({}, "info");
    log.warn({}, "warn");
    log.error({}, "error");
  };
  expect(logged("debug", all).map(({ level }) => level)).toEqual(["info", "warn", "error"]);
  expect(logged("warn", all).map(({ level }) => level)).toEqual(["warn", "error"]);
  expect(logged("silent", all)).toEqual([]);
});

test("an error shows its name, its message and where it comes from", () => {
  const [line] = logged("info", (log) => log.error({ error: new TypeError("no") }, "failed"));
  expect(line?.["error"]).toMatchObject({
    type: "TypeError",
    message: "no",
    stack: expect.stringContaining("log.test.ts"),
  });
});

describe("secrets and content are not written", () => {
  const names = [
    "authorization",
    "api_key",
    "apiKey",
    "token",
    "secret",
    "password",
    "raw",
    "body",
    "text",
    "html",
    "content",
  ];

  test.each(names)("%s, whoever passes it, and as deep as fields go", (name) => {
    const error = Object.assign(new Error("failed"), { [name]: "hush", request: { [name]: "hush" } });
    const fields = {
      [name]: "hush",
      request: { [name]: "hush", headers: { [name]: "hush" } },
      messages: [{ [name]: "hush" }, { part: { [name]: { deep: "hush" } } }],
      error,
      count: 1,
    };
    const lines = logged("info", (log) => log.info(fields, "x"));
    expect(JSON.stringify(lines)).not.toContain("hush");
    expect(lines).toMatchObject([
      { count: 1, [name]: "[hidden]", request: { headers: { [name]: "[hidden]" } } },
    ]);
  });

  test("what a database's error says of the row it is about is not told", () => {
    const error = Object.assign(new Error("violates not-null constraint"), {
      code: "23502",
      detail: "Failing row contains (hush).",
      where: "COPY messages: hush",
      internalQuery: "select 'hush'",
    });
    const lines = logged("info", (log) => log.error({ error }, "x"));
    expect(JSON.stringify(lines)).not.toContain("hush");
    expect(lines).toMatchObject([{ error: { code: "23502", message: "violates not-null constraint" } }]);
  });

  test("bytes are counted, and fields without end are cut", () => {
    const endless: Record<string, unknown> = { id: 1 };
    endless["self"] = endless;
    const [line] = logged("info", (log) =>
      log.info({ bytes: Buffer.from("hush"), endless, at: new Date(0) }, "x"),
    );
    expect(line).toMatchObject({
      bytes: "[4 bytes]",
      at: "1970-01-01T00:00:00.000Z",
      endless: { self: { id: 1 } },
    });
    expect(JSON.stringify(line)).toContain("[deeper]");
  });

  test("and what was passed stays what it was", () => {
    const fields = { token: "hush", request: { headers: { token: "hush" } } };
    logged("info", (log) => log.info(fields, "x"));
    expect(fields).toEqual({ token: "hush", request: { headers: { token: "hush" } } });
  });
});
