/** What every bench prints beside its figures: under which conditions they were got. */
import { cpus, totalmem } from "node:os";

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

export function print({ name, rows }: Figures): void {
  const width = Math.max(...rows.map(([what]) => what.length));
  console.log(`\n${name}`);
  for (const [what, figure] of rows) console.log(`  ${what.padEnd(width)}  ${figure}`);
  console.log(
    `  conditions: ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, embedded PostgreSQL with fsync, one process, load from the same machine`,
  );
}
