/** What of a plan is kept to be shown: some of each kind of tenant, and how many there are. */
import { sentencesOf } from "../client/failures.ts";
import { colour, counted } from "../output.ts";
import { changeLines, mark } from "./change-text.ts";
import type { Change, FleetFailure, PlanSummary } from "./lines.ts";

/** Tenants of each kind, and changes of one tenant and of what tenants share, that are shown: two screens together. */
const MOST_TENANTS = 15;
const MOST_CHANGES = 12;
/** Changes that are kept of each of those: what a new tenant is made of is counted. */
const MOST_KEPT = 1000;
/** Tenants that are removed are to be looked at, before anything else. */
const MOST_REMOVED = 50;

/** Kept: that has more than the file says, and nothing that is changed. */
type Kind = "new" | "changed" | "kept" | "removed";

/** Tenants of a kind: those that are shown, and all. */
interface Tenants {
  readonly shown: Map<string, Shown>;
  readonly all: Set<string>;
}

/** Changes of tenants, in the order that they come. */
export interface PlanView {
  add(change: Change): void;
  fail(failure: FleetFailure): void;
  /** Tenants that are to be removed. */
  removed(): readonly string[];
  /** Secrets that its changes bring at most. */
  secretCount(): number;
  lines(): string[];
}

interface Shown {
  readonly slug: string;
  readonly changes: Change[];
  count: number;
}

export function createPlanView(): PlanView {
  const shared: Shown = { slug: "", changes: [], count: 0 };
  const kinds: Record<Kind, Tenants> = {
    new: { shown: new Map(), all: new Set() },
    changed: { shown: new Map(), all: new Set() },
    kept: { shown: new Map(), all: new Set() },
    removed: { shown: new Map(), all: new Set() },
  };
  const failures: FleetFailure[] = [];
  let failed = 0;
  let secrets = 0;
  const kindOf = (change: Change, slug: string): Kind =>
    (["new", "changed", "kept", "removed"] as const).find((kind) => kinds[kind].all.has(slug)) ??
    firstKind(change);
  return {
    add(change) {
      if (["key", "webhook"].includes(change.kind) && ["create", "replace", "resend"].includes(change.action))
        secrets++;
      const { tenant } = change;
      if (tenant === undefined) return keep(shared, change);
      if (change.action !== "keep") move(tenant, kinds.kept, kinds.changed);
      const kind = kindOf(change, tenant);
      const { shown, all } = kinds[kind];
      all.add(tenant);
      if (!shown.has(tenant) && shown.size < (kind === "removed" ? MOST_REMOVED : MOST_TENANTS))
        shown.set(tenant, { slug: tenant, changes: [], count: 0 });
      const own = shown.get(tenant);
      if (own !== undefined) keep(own, change);
    },
    fail(failure) {
      failed++;
      if (failures.length < MOST_TENANTS) failures.push(failure);
    },
    removed: () => [...kinds.removed.all],
    secretCount: () => secrets,
    lines: () => [
      ...section("Shared", shared.count > 0, () => [...changesOf(shared, 2), ...moreChanges(shared, 2)]),
      ...tenantSection("New tenants", kinds.new, newLines),
      ...tenantSection("Changed tenants", kinds.changed, changedLines),
      ...tenantSection("Tenants with more than the file", kinds.kept, changedLines),
      ...tenantSection("Removed tenants", kinds.removed, changedLines),
      ...section("Cannot be", failed > 0, () => [
        ...failures.map(failureLine),
        ...more(failed - failures.length, "", 2),
      ]),
    ],
  };
}

function move(slug: string, from: Tenants, to: Tenants): void {
  if (!from.all.delete(slug)) return;
  to.all.add(slug);
  const own = from.shown.get(slug);
  from.shown.delete(slug);
  if (own !== undefined && to.shown.size < MOST_TENANTS) to.shown.set(slug, own);
}

function firstKind({ action, kind }: Change): Kind {
  if (action === "keep") return "kept";
  if (kind !== "pod") return "changed";
  if (action === "create") return "new";
  return action === "suspend" || action === "delete" ? "removed" : "changed";
}

function keep(shown: Shown, change: Change): void {
  shown.count++;
  if (shown.changes.length < MOST_KEPT) shown.changes.push(change);
}

const section = (title: string, isThere: boolean, lines: () => readonly string[]): string[] =>
  isThere ? [title, ...lines(), ""] : [];

const tenantSection = (
  title: string,
  { shown, all }: Tenants,
  linesOf: (tenant: Shown) => readonly string[],
): string[] =>
  section(`${title} (${all.size.toLocaleString("en")})`, all.size > 0, () => [
    ...[...shown.values()].flatMap(linesOf),
    ...more(all.size - shown.size, " tenants", 2),
  ]);

const more = (count: number, what: string, indent: number): string[] =>
  count > 0 ? [`${" ".repeat(indent)}and ${count.toLocaleString("en")} more${what}: --json has all.`] : [];

const changesOf = ({ changes }: Shown, indent: number): string[] =>
  changes.slice(0, MOST_CHANGES).flatMap((change) => changeLines(change, indent));
const moreChanges = ({ count }: Shown, indent: number): string[] =>
  more(count - MOST_CHANGES, " changes", indent);

/** A tenant that is new is a line or two: what it is made of is in the file. */
function newLines({ slug, changes }: Shown): string[] {
  const inboxes = changes.filter(({ kind }) => kind === "inbox");
  const [first] = inboxes;
  const besides = [
    ...(inboxes.length > 1 ? [`${inboxes.length - 1} more of its inboxes`] : []),
    ...["key", "webhook"].flatMap((kind) => {
      const count = changes.filter((change) => change.kind === kind).length;
      return count > 0 ? [counted(count, kind)] : [];
    }),
  ];
  const line = `  ${mark("create", `${slug}  ${first?.address ?? "without an inbox"}`)}`;
  return besides.length === 0 ? [line] : [line, colour("dim", `      with ${besides.join(", ")}`)];
}

function changedLines(tenant: Shown): string[] {
  const [only] = tenant.changes;
  // The pod's own change names the tenant already.
  if (tenant.count === 1 && only?.kind === "pod") return changeLines(only, 2);
  return [`  ${tenant.slug}`, ...changesOf(tenant, 4), ...moreChanges(tenant, 4)];
}

export function failureLine(failure: FleetFailure): string {
  const { tenant, kind, name } = failure;
  const subject = [tenant, kind, name === tenant ? undefined : name].filter((part) => part !== undefined);
  return `  ${mark("delete", subject.join(" "))}\n      ${sentencesOf(failure)}`;
}

/** What an apply does: `keep` says that it leaves what is there beyond the file. */
const doneOf = (changes: Readonly<Record<string, number>>): [action: string, count: number][] =>
  Object.entries(changes).filter(([action, count]) => count > 0 && action !== "keep");

/** "12 to create, 1 to update". */
export function countsText(changes: Readonly<Record<string, number>>): string {
  const parts = doneOf(changes).map(([action, count]) => `${count.toLocaleString("en")} to ${action}`);
  return parts.length === 0 ? "nothing to change" : parts.join(", ");
}

export const hasChanges = ({ changes }: Pick<PlanSummary, "changes">): boolean => doneOf(changes).length > 0;
