/** What every bench prints beside its figures: under which conditions they were got. */
import { cpus, loadavg, totalmem } from "node:os";

export interface Figures {
  readonly name: string;
  readonly rows: readonly (readonly [what: string, figure: string])[];
}

/** The value below which this part of the sorted samples lies. */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** What a figure depends on that the bench itself cannot know. */
export interface Conditions {
  /** As the server's data directory says it. */
  readonly postgres: string;
  /** Processes that wanted a core before the bench began; above 0.5 or so other processes were running. */
  readonly loadBefore: number;
  /** What pieces of plain arithmetic took before the bench began. */
  readonly jitterBefore: string;
}

/** The load now, over the last minute. */
export const currentLoad = (): number => loadavg()[0] ?? Number.NaN;

export function print({ name, rows }: Figures, { postgres, loadBefore, jitterBefore }: Conditions): void {
  const width = Math.max(...rows.map(([what]) => what.length));
  console.log(`\n${name}`);
  for (const [what, figure] of rows) console.log(`  ${what.padEnd(width)}  ${figure}`);
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "cpu"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const software = `Node ${process.versions.node}, embedded PostgreSQL ${postgres} with fsync`;
  console.log(
    `  conditions: ${machine}, ${software}, one process, load from the same machine, load average before ${loadBefore.toFixed(1)}, plain arithmetic before ${jitterBefore}`,
  );
}
