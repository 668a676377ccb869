import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { createLineWriter } from "./line-writer.ts";

const lostLine = (lines: number): string => `lost ${lines}\n`;

/** A pipe that nobody reads until the test does. */
function pipe({ onTestFinished }: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "rookery-lines-"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const descriptor = openSync(join(folder, "pipe"), constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });
  const piece = Buffer.alloc(65_536);
  let text = "";
  return {
    descriptor,
    /** All that came so far. */
    read(): string {
      try {
        for (;;) text += piece.toString("latin1", 0, readSync(descriptor, piece));
      } catch {
        // EAGAIN: it is empty.
        return text;
      }
    },
  };
}

test("lines that a reader is late for all come, whole and in order", async (context) => {
  const { descriptor, read } = pipe(context);
  const writer = createLineWriter({ descriptor, lostLine });
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} of many\n`);
  for (const line of lines) writer.write(line);
  await eventually("the last line", async () => read().endsWith("19999 of many\n"));
  expect(read()).toBe(lines.join(""));
});

test("of lines that nobody reads some megabytes wait, and how many were lost is said", async (context) => {
  const { descriptor, read } = pipe(context);
  const writer = createLineWriter({ descriptor, lostLine });
  const line = `${"x".repeat(999)}\n`;
  for (let count = 0; count < 20_000; count++) writer.write(line);
  const all = await eventually("what was lost", async () => /lost (\d+)\n$/.exec(read()));
  const kept = read().split(line).length - 1;
  expect(kept + Number(all[1])).toBe(20_000);
  expect(kept).toBeLessThan(6000);
  writer.write("and on\n");
  await eventually("the next line", async () => read().endsWith("and on\n"));
});

test("at the end what waits is written as far as it is taken, and nobody is waited for", (context) => {
  const { descriptor, read } = pipe(context);
  const writer = createLineWriter({ descriptor, lostLine });
  writer.write("first\n");
  for (let count = 0; count < 2000; count++) writer.write(`${"y".repeat(999)}\n`);
  writer.end();
  expect(read().length).toBeGreaterThan(60_000);
});

test("a full disk is no error of the process, now or at its end", async () => {
  // Never closed: a write may be under way in a thread, and whatever is opened next would get the number, and the line.
  const descriptor = openSync("/dev/full", "w");
  const writer = createLineWriter({ descriptor, lostLine });
  for (let turn = 0; turn < 5; turn++) {
    writer.write("no room\n");
    await new Promise((resolve) => setImmediate(resolve));
  }
  writer.end();
});
