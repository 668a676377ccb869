/** What a rule of the tree is, and how it speaks. */
import type { Module, SourceFile, Tree } from "../support/source-tree.ts";

export interface Rule {
  /** The guarantee, as a test's name. */
  readonly guarantee: string;
  /** Page and heading where the rule is argued, e.g. `ARCHITECTURE.md#arrows`. */
  readonly law: string;
  /** One violation per place; empty when the tree keeps the rule. */
  readonly find: (tree: Tree) => readonly Violation[];
}

export interface Violation {
  readonly path: string;
  /** 1-based; absent when the whole file is meant. */
  readonly line?: number;
  /** What the file does, and what it may do instead. Reads on from the file's name. */
  readonly says: string;
}

/** Every violation as one sentence: where, what, and the law. */
export function sentences(rule: Rule, tree: Tree): string[] {
  return rule
    .find(tree)
    .map(
      ({ path, line, says }) => `${path}${line === undefined ? "" : `:${line}`} ${says} (see ${rule.law})`,
    );
}

/** Tests may do what the product may not: look behind the door, open sockets, read the environment. */
export function isTest(path: string): boolean {
  return path.startsWith("test/") || /\.test\.tsx?$/.test(path);
}

/** The product: `src/` without the tests beside it. */
export function productModules(tree: Tree): Module[] {
  return tree.modules.filter(({ path }) => path.startsWith("src/") && !isTest(path));
}

const generated = new Set(
  ["distributed-tables", "isolation-statements", "tables"].map((name) => `src/storage/${name}.ts`),
);

/** Written by a program or kept as a specimen, so the budget does not apply. */
export function isGeneratedOrFixture({ path }: SourceFile): boolean {
  return generated.has(path) || path.includes("/fixtures/");
}

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

/** What a rule does to a tree made for it. */
export interface Case {
  /** Guarantee of the rule; its beginning is enough. */
  readonly rule: string;
  /** Each of these files breaks the rule, once. */
  readonly refused: Files;
  /** None of these does. */
  readonly allowed: Files;
  readonly sentence: RegExp;
}
