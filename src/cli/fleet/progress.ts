/** Tenants done of all, on a terminal. */
import { createProgress, type Progress } from "../progress.ts";

export interface FleetProgress {
  /** @param done of `total`, both in tenants */
  reach(done: number, total: number): void;
  end(): void;
}

export function createFleetProgress(what: string): FleetProgress {
  let bar: Progress | null = null;
  let reached = 0;
  return {
    reach(done, total) {
      bar ??= createProgress(total);
      bar.step(`tenants ${what}`, done - reached);
      reached = done;
    },
    end: () => bar?.end(),
  };
}
