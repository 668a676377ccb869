/** What a server that a bench watches writes about itself when it is sent SIGUSR2 (loop-delay.ts, heap-size.ts). */
import { renameSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const fileOf = (pid: number): string => join(tmpdir(), `rookery-report-${pid}.json`);

/** In the server. */
export function writeReport(report: object): void {
  const file = fileOf(process.pid);
  writeFileSync(`${file}.new`, JSON.stringify(report));
  renameSync(`${file}.new`, file);
}

/** In the bench: what the server says now. */
export async function readReport(pid: number): Promise<Readonly<Record<string, number>>> {
  const file = fileOf(pid);
  process.kill(pid, "SIGUSR2");
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => null);
    if (text === null) await pause(10);
    else {
      await rm(file);
      return JSON.parse(text);
    }
  }
}
