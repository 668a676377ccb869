/** Citations of a vendor's contract lead to the page that holds it. */
import { lineAt, type SourceFile, type Tree } from "../support/source-tree.ts";
import type { Rule, Violation } from "./rule.ts";

/** The page that `(contract 9.4)` means, by its section, or its lettered section and item. */
const PAGE = "docs/contracts/agentmail.md";

/** One place in the page: `9`, `9.4` or `(c) 20`. */
const PLACE = String.raw`(?:\([a-z]\) )?\d+(?:\.\d+)*`;
/** Between words a comment may go on in its next line. */
const GAP = String.raw`\s+(?:(?:\*|//|--|#)\s+)?`;

const citation = new RegExp(`\\bcontract${GAP}(${PLACE}(?:(?:,| and)${GAP}${PLACE})*)`, "gi");
/** What points at the page in another form, which the pattern above does not see. */
const otherForm = new RegExp(
  `\\bcontract,?${GAP}(?:§|(?:section|sect\\.|chapter|item|no\\.)${GAP})\\s*[\\d(]`,
  "gi",
);

/** Numbers of the page's headings; of a lettered section also those of its table's rows. */
function placesOf(page: string): ReadonlySet<string> {
  const places = new Set<string>();
  let letter = "";
  for (const line of page.split("\n")) {
    const heading = /^#+ +(\([a-z]\)|\d+(?:\.\d+)*)\.? /.exec(line)?.[1];
    const item = /^\| *(\d+) *\|/.exec(line)?.[1];
    if (line.startsWith("#")) letter = heading?.startsWith("(") === true ? heading : "";
    if (heading !== undefined && letter === "") places.add(heading);
    if (item !== undefined && letter !== "") places.add(`${letter} ${item}`);
  }
  return places;
}

/** The product's code, its tests and its pages; the contract cites itself by section alone. */
const mayCite = ({ path }: SourceFile): boolean =>
  path !== PAGE && /^(src|test|bench|bin|migrations|docs|examples)\/|^[^/]+\.(md|ts)$/.test(path);

function found(file: SourceFile, pattern: RegExp, says: (match: RegExpMatchArray) => string[]): Violation[] {
  return [...file.text.matchAll(pattern)].flatMap((match) =>
    says(match).map((sentence) => ({
      path: file.path,
      line: lineAt(file.text, match.index),
      says: sentence,
    })),
  );
}

export const citationsResolve: Rule = {
  guarantee: "a citation of the contract leads to a section that is there",
  law: "CONTRIBUTING.md#comments",
  find({ files }: Tree) {
    const places = placesOf(files.find(({ path }) => path === PAGE)?.text ?? "");
    const broken = (match: RegExpMatchArray): string[] =>
      [...(match[1] ?? "").matchAll(new RegExp(PLACE, "g"))]
        .filter(([place]) => !places.has(place))
        .map(
          ([place]) =>
            `cites contract ${place}, which ${PAGE} does not have: write the section, or cite another`,
        );
    const unread = ([text]: RegExpMatchArray): string[] => [
      `cites in the form "${text.replaceAll(/\s+/g, " ")}": write "contract 9.4", so that it is checked`,
    ];
    return files
      .filter(mayCite)
      .flatMap((file) => [...found(file, citation, broken), ...found(file, otherForm, unread)]);
  },
};
