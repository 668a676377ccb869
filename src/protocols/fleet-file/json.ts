/** JSON with the places of its parts, and without names that are there twice in a map. */
import { findNodeAtLocation, type Node, parseTree, printParseErrorCode, visit } from "jsonc-parser";
import { MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES } from "./limits.ts";
import type { Path } from "./problems.ts";
import { type Place, type PlacedProblem, type Reading, tooDeep, tooMany, UnreadableFile } from "./reading.ts";

/** @param text with LF as its line ends @throws UnreadableFile for what is no JSON */
export function readJson(text: string): Reading {
  checkJson(text);
  // Made for a problem only: it takes ten times the memory of the text.
  let tree: Node | undefined;
  return {
    value: JSON.parse(text),
    placeOf(path) {
      tree ??= parseTree(text);
      return placeAt(text, offsetOf(tree, path));
    },
  };
}

/**
 * Without keeping anything of it, as it may be large and no JSON. Of two values of one name a parser keeps the last, and a reader
 * sees the first.
 * @throws UnreadableFile
 */
function checkJson(text: string): void {
  const found: PlacedProblem[] = [];
  const maps: Set<string>[] = [];
  let depth = 0;
  let values = 0;
  const add = (line: number, column: number, says: string): void => {
    found.push({ line: line + 1, column: column + 1, says });
    // One slip makes errors of all that follows.
    if (found.length === MAX_PROBLEMS) throw new UnreadableFile(found);
  };
  const count = (line: number): void => {
    if (++values > MAX_VALUES) throw tooMany({ line: line + 1, column: null });
  };
  const enter = (line: number): void => {
    count(line);
    if (++depth > MAX_DEPTH) throw tooDeep({ line: line + 1, column: null });
  };
  visit(
    text,
    {
      onError: (code, _offset, _length, line, column) =>
        add(line, column, `no JSON: ${wordsOf(printParseErrorCode(code))}`),
      onObjectBegin(_offset, _length, line) {
        enter(line);
        maps.push(new Set());
      },
      onObjectProperty(name, _offset, _length, line, column) {
        if (maps.at(-1)?.has(name)) add(line, column, `${JSON.stringify(name)} is there twice in one map`);
        maps.at(-1)?.add(name);
      },
      onObjectEnd() {
        depth--;
        maps.pop();
      },
      onArrayBegin: (_offset, _length, line) => enter(line),
      onArrayEnd: () => void depth--,
      onLiteralValue: (_value, _offset, _length, line) => count(line),
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  if (found.length > 0) throw new UnreadableFile(found);
}

/** Of a code such as CloseBracketExpected. */
const wordsOf = (code: string): string => code.replace(/\B[A-Z]/g, " $&").toLowerCase();

function offsetOf(tree: Node | undefined, path: Path): number {
  for (let length = path.length; tree !== undefined && length >= 0; length--) {
    const node = findNodeAtLocation(tree, [...path.slice(0, length)]);
    // Of a map's entry its name.
    if (node !== undefined) return (node.parent?.type === "property" ? node.parent : node).offset;
  }
  return 0;
}

function placeAt(text: string, offset: number): Place {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf("\n"); end !== -1 && end < offset; end = text.indexOf("\n", start)) {
    line++;
    start = end + 1;
  }
  return { line, column: offset - start + 1 };
}
