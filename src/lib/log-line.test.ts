import { expect, test } from "vitest";
import { createLog, type Log } from "./log.ts";
import { personLine } from "./log-line.ts";

/** What a person reads of the events that `write` logs. */
function read(write: (log: Log) => void, columns = 80): string {
  const lines: string[] = [];
  write(createLog("info", { write: (line) => lines.push(personLine(line, columns)) }));
  return lines.join("").replaceAll(/^\d\d:\d\d:\d\d /gm, "hh:mm:ss ");
}

test("an event is its time, its message and its fields; what is more than news has its level", () => {
  expect(read((log) => log.info({ podId: "p", count: 2, tags: ["a"] }, "done"))).toBe(
    'hh:mm:ss done  podId=p  count=2  tags=["a"]\n',
  );
  expect(read((log) => log.warn({}, "odd"))).toBe("hh:mm:ss warn: odd\n");
});

test("fields that make it too wide have lines of their own", () => {
  expect(read((log) => log.info({ engine: "embedded", postgres: "18.4" }, "database ready"), 40)).toBe(
    "hh:mm:ss database ready\n         engine=embedded\n         postgres=18.4\n",
  );
});

test("an error is its message, and its trace below", () => {
  const text = read((log) => log.error({ error: new TypeError("no") }, "failed"));
  expect(text).toMatch(
    /^hh:mm:ss error: failed {2}error=TypeError: no\nTypeError: no\n {4}at .*log-line\.test/,
  );
});

test("control characters in what is logged reach no terminal and fake no event", () => {
  expect(read((log) => log.warn({ path: "/\u001b[2J\u009b1m" }, "a\n12:00:00 b"))).toBe(
    "hh:mm:ss warn: a\\u000a12:00:00 b  path=/\\u001b[2J\\u009b1m\n",
  );
});

test("what is no event is given back as it is", () => {
  expect(personLine("plain\n", 80)).toBe("plain\n");
});
