/** The law of the tree, on the tree. What each rule refuses is shown in architecture/rules.test.ts. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { arrowRules } from "./architecture/arrows.ts";
import { codeRules } from "./architecture/code.ts";
import { operationRules } from "./architecture/operations.ts";
import { sentences } from "./architecture/rule.ts";
import { scopeRules } from "./architecture/scopes.ts";
import { wordRules } from "./architecture/words.ts";
import { readFiles, treeOf } from "./support/source-tree.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const tree = treeOf(readFiles(root));

const rules = [...arrowRules, ...codeRules, ...operationRules, ...scopeRules, ...wordRules];

describe("the tree", () => {
  test("is read whole: the entry, a facade, a store, a test and a page are among its files", () => {
    const paths = tree.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "src/main.ts",
        "src/transport/http/v0/index.ts",
        "src/domain/tenancy/pods/store.ts",
        "test/architecture.test.ts",
        "CONTRIBUTING.md",
        ".ci/run",
      ]),
    );
    expect(paths.filter((path) => /node_modules|\.rookery|^\.git\//.test(path))).toEqual([]);
  });

  test.each(rules)("$guarantee", (rule) => {
    const found = sentences(rule, tree);
    expect(found, `${found.length} violations:\n${found.join("\n")}\n`).toEqual([]);
  });

  test("every rule points at a heading that is there", () => {
    const missing = [...new Set(rules.map(({ law }) => law))].filter((law) => {
      const [page, heading] = law.split("#");
      const text = tree.files.find(({ path }) => path === page)?.text ?? "";
      return !headingsOf(text).includes(heading ?? "");
    });
    expect(missing).toEqual([]);
  });
});

/** Anchors as code hosts make them from headings. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ +(.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
