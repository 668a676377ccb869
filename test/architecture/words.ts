/** What names and text may not say. Words are put together from parts, so that this file keeps its own rules. */
import { lineAt, type SourceFile, type Tree } from "../support/source-tree.ts";
import { citationsResolve } from "./citations.ts";
import { failuresSpeakNoWire } from "./failures.ts";
import { isTest, type Rule, type Violation } from "./rule.ts";

/** Where `pattern` (with flag g) occurs in `files`. */
function occurrences(
  files: readonly SourceFile[],
  pattern: RegExp,
  says: (found: string) => string,
): Violation[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      says: says(match[0]),
    })),
  );
}

const isSource = ({ path }: SourceFile): boolean =>
  /^(src|test|bench|bin|migrations|\.ci)\//.test(path) || /^[^/]+\.ts$/.test(path);

const workerRole = ["rookery", "worker"].join("_");

/** The role that sees every tenant's rows. Tests name it to prove what the other role cannot see. */
const allSeeingRole: Rule = {
  guarantee: "only storage and migrations name the role that sees all rows",
  law: "ARCHITECTURE.md#arrows",
  find: ({ files }: Tree) =>
    occurrences(
      files.filter(
        ({ path }) => /^(src|bench|bin)\//.test(path) && !path.startsWith("src/storage/") && !isTest(path),
      ),
      new RegExp(`\\b${workerRole}\\b`, "g"),
      (found) =>
        `names the role ${found}: it bypasses row-level security, so only src/storage and migrations may`,
    ),
};

const drawers = new Set(["util", "utils", "helper", "helpers", "manager", "managers", "service", "services"]);

const telltaleNames: Rule = {
  guarantee: "no file or folder is a drawer",
  law: "CONTRIBUTING.md#names",
  find: ({ files }) =>
    files.filter(isSource).flatMap(({ path }) => {
      const drawer = path.split(/[/.-]/).find((word) => drawers.has(word.toLowerCase()));
      return drawer === undefined
        ? []
        : [{ path, says: `is named "${drawer}", which says nothing: name the file by its subject` }];
    }),
};

const reminders = ["TO" + "DO", "FIX" + "ME"].join("|");

const remindersCarryNumbers: Rule = {
  guarantee: "a reminder carries the number of its issue",
  law: "CONTRIBUTING.md#comments",
  find: ({ files }) =>
    occurrences(
      files.filter(isSource),
      new RegExp(`\\b(${reminders})\\b(?![(: ]*#\\d)`, "g"),
      (found) => `has a ${found} without #number: open an issue and name it, or do it now`,
    ),
};

/** Tools that write code, and phrases that only make sense to those who were there. The product's own words stay free. */
const foreignWords: readonly RegExp[] = [
  ["\\bclau", "de\\b"],
  ["\\banthro", "pic\\b"],
  ["\\bchat", "gpt\\b"],
  ["\\bcopi", "lot\\b"],
  ["\\bcode", "x\\b"],
  ["\\bdev", "in ai\\b"],
  ["\\bcursor", " (ai|ide)\\b"],
  ["\\bwind", "surf\\b"],
  ["\\bas an ", "ai\\b(?! agent)"],
  ["\\bas a (large )?language ", "model\\b"],
  ["\\b(ai|llm)[- ]", "(generated|written|authored)\\b"],
  ["\\b(this|last|previous|earlier) ", "session's\\b"],
  ["\\b(in|from) (the |an? )?(last|previous|earlier) ", "session\\b"],
  ["\\bsub", "-?agent\\b"],
  ["\\bhelper ", "agent\\b"],
  ["/work/", "(shared|main|\\.library)\\b"],
  ["/tmp/", "brief\\b"],
].map((parts) => new RegExp(parts.join(""), "gi"));

const onlyOurWords: Rule = {
  guarantee: "text speaks of the product, not of how it was written",
  law: "CONTRIBUTING.md#names",
  find: ({ files }) =>
    foreignWords.flatMap((pattern) =>
      occurrences(
        files,
        pattern,
        (found) => `says "${found}": a reader of the product has no use for how the text came about`,
      ),
    ),
};

export const wordRules: readonly Rule[] = [
  allSeeingRole,
  telltaleNames,
  remindersCarryNumbers,
  onlyOurWords,
  citationsResolve,
  failuresSpeakNoWire,
];
