/** YAML 1.2 with the places of its parts. */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { MAX_PROBLEMS, MAX_YAML_CHARACTERS } from "./limits.ts";
import type { Path } from "./problems.ts";
import { type Place, type PlacedProblem, type Reading, UnreadableFile, unreadable } from "./reading.ts";

/** Longest chain of aliases of aliases that a place is looked for in. */
const MAX_ALIASES = 100;

/**
 * @param text with LF as its line ends
 * @throws UnreadableFile for what is no YAML, with all that is wrong
 */
export function readYaml(text: string): Reading {
  if (text.length > MAX_YAML_CHARACTERS)
    throw unreadable(
      `this has ${text.length} characters: YAML may have ${MAX_YAML_CHARACTERS}. Put the tenants into a file of their own (tenants: {file: tenants.csv})`,
    );
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Warnings would be written to standard error by the library.
    logLevel: "error",
    // Keys that are no texts have no name in JSON.
    stringKeys: true,
  });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  // A tag that is not known changes what a value is.
  const found = [...document.errors, ...document.warnings].map(
    (error): PlacedProblem => ({ ...place(error.pos[0]), says: sentenceOf(error.code, error.message) }),
  );
  if (found.length > 0) throw new UnreadableFile(found.slice(0, MAX_PROBLEMS), found.length);
  return {
    value: jsonOf(document, place),
    placeOf: (path) => place(offsetOf(document, path)),
  };
}

/** What the library says to those who program with it. */
const sentences: Readonly<Record<string, string>> = {
  RESOURCE_EXHAUSTION: "lists and maps lie in each other too deep",
  MULTIPLE_DOCS: "a second document begins here: give one in a file",
};

const sentenceOf = (code: string, message: string): string =>
  sentences[code] ?? lowerFirst(message.replace(/\.$/, ""));

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

/** Aliases name the same objects again, which costs nothing here: `boundValue` counts what they come to. */
function jsonOf(document: Document.Parsed, place: (offset: number) => Place): unknown {
  try {
    return document.toJS({ maxAliasCount: -1 });
  } catch (error) {
    // The only error that is left: an alias without its anchor.
    throw unreadable(
      lowerFirst(error instanceof Error ? error.message : String(error)),
      place(danglingIn(document)),
    );
  }
}

function danglingIn(document: Document.Parsed): number {
  let offset = 0;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = startOf(alias);
      return visit.BREAK;
    },
  });
  return offset;
}

/** Where the part lies that the path names, or the innermost one around it that there is. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const segment of path) {
    const target = targetOf(document, node);
    if (isMap(target)) {
      const pair = target.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
      if (!isPair(pair)) return offset;
      offset = startOf(pair.key, offset);
      node = pair.value;
    } else if (isSeq(target) && typeof segment === "number" && segment < target.items.length) {
      node = target.items[segment];
      offset = startOf(node, offset);
    } else return offset;
  }
  return offset;
}

function targetOf(document: Document.Parsed, node: unknown): unknown {
  let target = node;
  for (let hop = 0; hop < MAX_ALIASES && isAlias(target); hop++) target = target.resolve(document);
  return target;
}

// Cast: every node of a parsed document has its range.
const startOf = (node: unknown, otherwise = 0): number =>
  (node as Partial<Node> | null | undefined)?.range?.[0] ?? otherwise;
