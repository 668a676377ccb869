/** Citations of a vendor's contract lead to the page that holds it. */
import { lineAt, type SourceFile, type Tree } from "../support/source-tree.ts";
import type { Rule, Violation } from "./rule.ts";

/** The page that `(contract 9.4)` means, by its section, or its lettered section and item. */
const PAGE = "docs/contracts/agentmail.md";
/** The page that `(nylas 4.1)` means, by its section. */
const NYLAS_PAGE = "docs/contracts/nylas.md";

/** One place in the page: `9`, `9.4` or `(c) 20`. */
const PLACE = String.raw`(?:\([a-z]\) )?\d+(?:\.\d+)*`;
/** Between words a comment may go on in its next line. */
const GAP = String.raw`\s+(?:(?:\*|//|--|#)\s+)?`;

const citation = new RegExp(`\\bcontract${GAP}(${PLACE}(?:(?:,| and)${GAP}${PLACE})*)`, "gi");
/** In parentheses, or behind another citation there: elsewhere the word is the vendor's, and a number a version. */
const nylasCitation = new RegExp(`[(;] ?nylas${GAP}(${PLACE}(?:(?:,| and)${GAP}${PLACE})*)[);]`, "g");
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
  path !== PAGE &&
  path !== NYLAS_PAGE &&
  /^(src|test|bench|bin|migrations|docs|examples)\/|^[^/]+\.(md|ts)$/.test(path);

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
    const brokenIn = (name: string, page: string) => {
      const places = placesOf(files.find(({ path }) => path === page)?.text ?? "");
      return (match: RegExpMatchArray): string[] =>
        [...(match[1] ?? "").matchAll(new RegExp(PLACE, "g"))]
          .filter(([place]) => !places.has(place))
          .map(
            ([place]) =>
              `cites ${name} ${place}, which ${page} does not have: write the section, or cite another`,
          );
    };
    const unread = ([text]: RegExpMatchArray): string[] => [
      `cites in the form "${text.replaceAll(/\s+/g, " ")}": write "contract 9.4", so that it is checked`,
    ];
    return files
      .filter(mayCite)
      .flatMap((file) => [
        ...found(file, citation, brokenIn("contract", PAGE)),
        ...found(file, nylasCitation, brokenIn("nylas", NYLAS_PAGE)),
        ...found(file, otherForm, unread),
      ]);
  },
};
