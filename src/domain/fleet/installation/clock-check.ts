/** What a difference between a process's clock and the database's means: see docs/decisions/0114-clocks-that-differ.md. */
import { MOST_CLOCK_MS, NOTABLE_CLOCK_MS } from "./limits.ts";

/** Whether an operator is to know. @param leadMs by which the process's clock is ahead; negative: behind */
export const isNotable = (leadMs: number): boolean => Math.abs(leadMs) >= NOTABLE_CLOCK_MS;

/** Whether a process must not run. @param leadMs as above */
export const isTooFar = (leadMs: number): boolean => Math.abs(leadMs) > MOST_CLOCK_MS;
