/**
 * Public fixtures, kept outside the repository: `FOLDER/SET/NAME.txt`. What their replies are was judged by hand and lies in
 * `judgements.txt`, as line numbers: it holds none of their text.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, squeezed } from "../../test/replies/score.ts";

export interface PublicCase {
  readonly set: string;
  readonly name: string;
  readonly text: string;
  /** The lines that must be there, and those that may: sign-offs, or quotes above an answer. */
  readonly lines: readonly { readonly text: string; readonly isNeeded: boolean }[];
}

/** A line: `SET/NAME 1-5,7 ?8-9`; `3:5` are the first five characters of line 3. @returns those whose file is there */
export function publicCases(folder: string): readonly PublicCase[] {
  return readFileSync(new URL("judgements.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => {
      const [name = "", needed = "", optional = ""] = line.split(" ");
      const file = join(folder, `${name}.txt`);
      return existsSync(file) ? [caseOf(name, readFileSync(file, "utf8"), needed, optional)] : [];
    });
}

function caseOf(name: string, text: string, needed: string, optional: string): PublicCase {
  const source = text.split("\n");
  const must = rangesOf(needed);
  const may = rangesOf(optional.replace("?", ""));
  const lines = source.flatMap((line, index) => {
    const at = index + 1;
    const within = must.find(({ from, to }) => at >= from && at <= to);
    const isNeeded = within !== undefined;
    if (!isNeeded && !may.some(({ from, to }) => at >= from && at <= to)) return [];
    const shown = squeezed(line.slice(0, within?.characters));
    return shown === "" ? [] : [{ text: shown, isNeeded }];
  });
  const [set = "", ...rest] = name.split("/");
  return { set, name: rest.join("/"), text, lines };
}

interface LineRange {
  readonly from: number;
  readonly to: number;
  readonly characters: number | undefined;
}

function rangesOf(source: string): readonly LineRange[] {
  return source
    .split(",")
    .filter((each) => each !== "")
    .map((each) => {
      const [range = "", characters] = each.split(":");
      const [from = "0", to = from] = range.split("-");
      return {
        from: Number(from),
        to: Number(to),
        characters: characters === undefined ? undefined : Number(characters),
      };
    });
}

/** Each line that must be there, in order, and no others than those that may. */
export function publicOutcome(actual: string, { lines }: PublicCase): Outcome {
  const found = actual
    .split("\n")
    .map(squeezed)
    .filter((line) => line !== "");
  let at = 0;
  let isUnder = false;
  for (const line of found) {
    const next = lines.findIndex(({ text }, index) => index >= at && text === line);
    if (next === -1) {
      isUnder = true;
      continue;
    }
    if (lines.slice(at, next).some(({ isNeeded }) => isNeeded)) return "over";
    at = next + 1;
  }
  if (lines.slice(at).some(({ isNeeded }) => isNeeded)) return "over";
  return isUnder ? "under" : "right";
}
