/** Source text as rules look at it: files, their imports and their syntax tree. Reads no more than it is given. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseAst } from "vitest/node";

/** One text file; `path` is relative to the repository, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A node of the ESTree that the parser makes of TypeScript; offsets count UTF-16 units from the file's start. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  /** Repository path for a relative import, else the package's or built-in's name as written. */
  readonly target: string;
  /** What is imported by name; `*` for a namespace, and for an import that takes everything along. */
  readonly names: readonly { readonly name: string; readonly typeOnly: boolean }[];
  /** Only types are named, so nothing of the target can be used when the program runs. */
  readonly typeOnly: boolean;
  /** The statement vanishes with the types. `import { type A }` does not: it still loads its target. */
  readonly erased: boolean;
  readonly line: number;
}

export interface Module extends SourceFile {
  readonly imports: readonly Import[];
  /** Every node, parents before children. */
  readonly nodes: readonly SyntaxNode[];
}

export interface Tree {
  readonly files: readonly SourceFile[];
  /** The parsed TypeScript and JavaScript of `codeFolders`. */
  readonly modules: readonly Module[];
}

const codeFolders = ["src/", "test/", "bench/", "bin/"];
const skippedFolders = new Set(["node_modules", "dist", "coverage"]);
const hiddenFoldersOfOurs = new Set([".ci", ".github"]);
/** Lock files hold other people's names; the rest of these endings is not text. */
const unread = /(^|\/)(package-lock\.json|[^/]+\.(png|jpg|ico|gif|woff2?|gz|zip|pdf|p12|der|eml|log))$/;

/** Every text file under `root` that belongs to the repository. */
export function readFiles(root: string): SourceFile[] {
  const found: SourceFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        const hidden = entry.name.startsWith(".") && !hiddenFoldersOfOurs.has(entry.name);
        if (!hidden && !skippedFolders.has(entry.name)) visit(path);
      } else if (entry.isFile() && entry.name !== ".git" && !unread.test(path))
        found.push({ path, text: readFileSync(join(root, path), "utf8") });
    }
  };
  visit("");
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Parses the code among `files`. @throws when a file is not TypeScript, naming it */
export function treeOf(files: readonly SourceFile[]): Tree {
  const code = files.filter(
    ({ path }) => /\.[cm]?[jt]sx?$/.test(path) && codeFolders.some((folder) => path.startsWith(folder)),
  );
  return { files, modules: code.map(parseModule) };
}

/** 1-based. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** The node in a field, or null when the field holds something else. */
export function childNode(node: SyntaxNode, field: string): SyntaxNode | null {
  const value = node[field];
  return isNode(value) ? value : null;
}

/** The nodes in a field that holds a list; none when it does not. */
export function childNodes(node: SyntaxNode, field: string): SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The text of a string literal or of a template without holes, else null. */
export function stringOf(node: SyntaxNode | null): string | null {
  if (node?.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node?.type !== "TemplateLiteral" || childNodes(node, "expressions").length > 0) return null;
  const raw = childNodes(node, "quasis")[0]?.["value"];
  return isRecord(raw) && typeof raw["raw"] === "string" ? raw["raw"] : null;
}

/** The dotted name of an identifier or of a chain of members: `process.env`; null for anything else. */
export function dottedName(node: SyntaxNode | null): string | null {
  if (node?.type === "Identifier") return String(node["name"]);
  if (node?.type !== "MemberExpression") return null;
  const object = dottedName(childNode(node, "object"));
  const property = childNode(node, "property");
  const name = node["computed"] === true ? stringOf(property) : dottedName(property);
  return object === null || name === null ? null : `${object}.${name}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isNode(value: unknown): value is SyntaxNode {
  return isRecord(value) && typeof value["type"] === "string" && typeof value["start"] === "number";
}

function parseModule(file: SourceFile): Module {
  const lang = /\.[cm]?js$/.test(file.path) ? "js" : file.path.endsWith("x") ? "tsx" : "ts";
  try {
    const nodes = flatten(parseAst(file.text, { lang }, file.path));
    return { ...file, nodes, imports: nodes.flatMap((node) => importOf(file, node)) };
  } catch (cause) {
    throw new Error(`${file.path} cannot be parsed`, { cause });
  }
}

function flatten(root: unknown): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isNode(value)) {
      found.push(value);
      for (const field of Object.values(value)) visit(field);
    }
  };
  visit(root);
  return found;
}

const importing = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
]);

function importOf(file: SourceFile, node: SyntaxNode): Import[] {
  const source = importing.has(node.type) ? stringOf(childNode(node, "source")) : null;
  if (source === null) return [];
  const erased = node["importKind"] === "type" || node["exportKind"] === "type";
  const specifiers = childNodes(node, "specifiers");
  const named = specifiers.map((specifier) => ({
    name: importedName(specifier),
    typeOnly: erased || specifier["importKind"] === "type" || specifier["exportKind"] === "type",
  }));
  const takesAll = node.type === "ExportAllDeclaration" || node.type === "ImportExpression";
  const names = takesAll ? [{ name: "*", typeOnly: erased }] : named;
  return [
    {
      target: source.startsWith(".") ? posix.join(posix.dirname(file.path), source) : source,
      names,
      typeOnly: erased || (names.length > 0 && names.every((name) => name.typeOnly)),
      erased,
      line: lineAt(file.text, node.start),
    },
  ];
}

function importedName(specifier: SyntaxNode): string {
  if (specifier.type === "ImportNamespaceSpecifier") return "*";
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  const field = specifier.type === "ExportSpecifier" ? "local" : "imported";
  const name = childNode(specifier, field);
  return dottedName(name) ?? stringOf(name) ?? "";
}
