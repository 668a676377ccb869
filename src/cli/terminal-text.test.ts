import { expect, test } from "vitest";
import { forTerminal } from "./terminal-text.ts";

test("what others wrote moves no cursor, hides nothing and turns no line, and colours of our own stay", () => {
  const hostile = "a\u001b[2Jb\u009b8mc\u0007d\u202ee\u2066f\rg\u001b]0;title\u0007h";
  expect(forTerminal(hostile)).toBe("a\ufffd[2Jb\ufffd8mc\ufffdd\ufffde\ufffdf\ufffdg\ufffd]0;title\ufffdh");
  const own = "\u001b[32m✓\u001b[39m ü 👩‍👩‍👧\ta\nb\r\nc";
  expect(forTerminal(own)).toBe(own);
});
