/** What becomes of a message that rules matched: where it lies and what flags it has, and how labels say so (nylas 9.3). */
import { MAX_LABELS } from "../../limits.ts";
import { systemLabels } from "../../mail/labels/index.ts";
import type { Verdict } from "./evaluate.ts";
import type { ActionType } from "./rule.ts";

/** What was done to a message. */
export interface Applied {
  /** Kinds of actions, each once. */
  readonly actions: readonly Exclude<ActionType, "assign_to_folder">[];
  /** Names of the folders it was assigned to. */
  readonly folders: readonly string[];
}

export const nothingApplied: Applied = { actions: [], folders: [] };
export const blockApplied: Applied = { actions: ["block"], folders: [] };

/** Whether a folder of this name is there, beside those of the system. */
export type IsFolder = (name: string) => boolean;

/** Folders of the system by their name in lower case, and the action that puts a message there; null: where it would lie anyway. */
const systemFolders: ReadonlyMap<string, "trash" | "mark_as_spam" | "archive" | null> = new Map([
  ["trash", "trash"],
  ["junk", "mark_as_spam"],
  ["spam", "mark_as_spam"],
  ["archive", "archive"],
  ["inbox", null],
  ["sent", null],
  ["drafts", null],
]);

/** The first wins over those behind it. */
const places = ["trash", "mark_as_spam", "archive"] as const;
const flags = ["mark_as_read", "mark_as_starred"] as const;

/** Labels that say something of the message itself: no folder has such a name. */
const reserved: ReadonlySet<string> = new Set([
  ...systemLabels,
  "unread",
  "starred",
  "blocked",
  "unauthenticated",
]);

interface Wanted {
  readonly kinds: ReadonlySet<ActionType>;
  /** Folders beside those of the system, each once. */
  readonly folders: readonly string[];
}

function wanted({ actions }: Pick<Verdict, "actions">): Wanted {
  const kinds = new Set<ActionType>();
  const folders = new Set<string>();
  for (const { type, value = "" } of actions) {
    const place = type === "assign_to_folder" ? systemFolders.get(value.toLowerCase()) : type;
    if (place === undefined) folders.add(value);
    else if (place !== null) kinds.add(place);
  }
  return { kinds, folders: [...folders].filter((name) => !reserved.has(name)) };
}

/** Names of folders that must be looked for before a verdict is applied: where a place of the system wins, none. */
export function foldersWanted(verdict: Verdict): readonly string[] {
  const { kinds, folders } = wanted(verdict);
  return places.some((place) => kinds.has(place)) ? [] : folders;
}

/**
 * Trash wins over junk, junk over the archive, the archive over folders, which all apply; flags add up. A folder that is not there is
 * passed over.
 */
export function applied(verdict: Verdict, isFolder: IsFolder): Applied {
  if (verdict.blocked) return blockApplied;
  if (verdict.actions.length === 0) return nothingApplied;
  const { kinds, folders } = wanted(verdict);
  const place = places.find((one) => kinds.has(one));
  return {
    actions: [...(place === undefined ? [] : [place]), ...flags.filter((flag) => kinds.has(flag))],
    folders: place === undefined ? folders.filter(isFolder) : [],
  };
}

/** The labels of a message to which that was done. Folders beyond what a message may have are left out. */
export function labelsAfter(labels: readonly string[], { actions, folders }: Applied): readonly string[] {
  if (actions.length + folders.length === 0) return labels;
  const added = actions.flatMap((action) => labelOf[action] ?? []);
  const kept = actions.includes("mark_as_read") ? labels.filter((label) => label !== "unread") : labels;
  const all = [...new Set([...kept, ...added, ...folders])];
  return all.slice(0, Math.max(MAX_LABELS, kept.length + added.length));
}

const labelOf: Partial<Readonly<Record<ActionType, string>>> = {
  mark_as_spam: "spam",
  trash: "trash",
  archive: "archive",
  mark_as_starred: "starred",
};
