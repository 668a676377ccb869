/** What an apply did: counts by kind and action for a table, and the tenants that failed. */
import { colour, counted, doneLine, fittedTableOf } from "../output.ts";
import type { ApplySummary, Change, FleetFailure } from "./lines.ts";
import { failureLine } from "./plan-view.ts";

export interface AppliedView {
  add(change: Change): void;
  fail(failure: FleetFailure): void;
  /** Secrets that are stored and confirmed. */
  stored(count: number): void;
  failed(): number;
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly failures: readonly FleetFailure[];
  storedCount(): number;
}

export interface Applied {
  readonly view: AppliedView;
  readonly summary: ApplySummary;
}

/** Failures that are kept: as many as a program can retry, and little memory. */
const MOST_KEPT = 100_000;
const MOST_SHOWN = 15;

export function createAppliedView(): AppliedView {
  const counts = new Map<string, Map<string, number>>();
  const failures: FleetFailure[] = [];
  let failed = 0;
  let stored = 0;
  return {
    counts,
    failures,
    add({ kind, action }) {
      const ofKind = counts.get(kind) ?? new Map<string, number>();
      ofKind.set(action, (ofKind.get(action) ?? 0) + 1);
      counts.set(kind, ofKind);
    },
    fail(failure) {
      failed++;
      if (failures.length < MOST_KEPT) failures.push(failure);
    },
    stored(count) {
      stored += count;
    },
    failed: () => failed,
    storedCount: () => stored,
  };
}

export const appliedJson = ({ view, summary }: Applied, place: string | null): object => {
  const { type: _, changes, ...rest } = summary;
  return {
    ...rest,
    changes,
    secrets_stored: view.storedCount(),
    secrets: place,
    failures: view.failures.map(({ type: __, ...failure }) => failure),
  };
};

export function appliedText({ view, summary }: Applied, place: string | null): string {
  const { tenants, unchanged, failed_tenants: failed } = summary;
  const head =
    view.failed() === 0
      ? doneLine(
          view.counts.size === 0
            ? `Nothing to change: ${counted(tenants, "tenant")} as they should be.`
            : `${counted(tenants, "tenant")} as they should be; ${unchanged.toLocaleString("en")} ${unchanged === 1 ? "was" : "were"} so before.`,
        )
      : `${colour("red", "✗")} ${counted(failed, "tenant")} failed; the next apply tries them again.`;
  const failures = view.failures.slice(0, MOST_SHOWN).map(failureLine);
  const more = view.failed() - failures.length;
  return [
    head,
    ...(view.counts.size > 0 ? [tableText(view.counts)] : []),
    ...failures,
    ...(more > 0 ? [`  and ${more.toLocaleString("en")} more: --json has all.`] : []),
    ...(place !== null && view.storedCount() > 0
      ? [`${counted(view.storedCount(), "secret")} in ${place}.`]
      : []),
  ].join("\n");
}

function tableText(counts: AppliedView["counts"]): string {
  const actions = [...new Set([...counts.values()].flatMap((ofKind) => [...ofKind.keys()]))];
  const rows = [...counts].map(([kind, ofKind]) => [
    kind,
    ...actions.map((action) => ofKind.get(action)?.toLocaleString("en") ?? ""),
  ]);
  return fittedTableOf(["", ...actions], rows, actions.length);
}
