/** The law of the tree, on the tree. What each rule refuses is shown in architecture/rules.test.ts. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { arrowRules } from "./architecture/arrows.ts";
import { codeRules } from "./architecture/code.ts";
import { productModules, type Rule, sentences } from "./architecture/rule.ts";
import { wordRules } from "./architecture/words.ts";
import { readFiles, treeOf } from "./support/source-tree.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const tree = treeOf(readFiles(root));

/** The scope that sees all tenants is for sign-in, ingest and workers; a request acts in its caller's scope. */
const requestsStayInScope: Rule = {
  guarantee: "no transport holds the scope that sees all tenants",
  law: "ARCHITECTURE.md#arrows",
  find: (tree) =>
    productModules(tree)
      .filter(({ path }) => path.startsWith("src/transport/"))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, names }) =>
            names.some(
              ({ name, typeOnly }) =>
                !typeOnly &&
                (name === "systemScope" || (name === "*" && target.startsWith("src/domain/door/access/"))),
            ),
          )
          .map(({ target, line }) => ({
            path,
            line,
            says: `can take systemScope from ${target}: a transport acts in its caller's scope, so import other names`,
          })),
      ),
};

const rules = [...arrowRules, ...codeRules, ...wordRules, requestsStayInScope];

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

test("a transport that could see all tenants is refused, and no other file is", () => {
  const files = {
    "src/transport/http/v0/pods.ts": 'import { systemScope } from "../../../domain/door/access/index.ts";',
    "src/transport/smtp/inbound.ts":
      'import { systemScope as all } from "../../domain/door/access/index.ts";',
    "src/transport/smtp/session.ts": 'import * as access from "../../domain/door/access/index.ts";',
    "src/transport/http/app.ts":
      'import { type Actor, permissions } from "../../domain/door/access/index.ts";',
    "src/transport/http/app.test.ts": 'import { systemScope } from "../../domain/door/access/index.ts";',
    "src/workers/sweep.ts": 'import { systemScope } from "../domain/door/access/index.ts";',
  };
  const fake = treeOf(Object.entries(files).map(([path, text]) => ({ path, text })));
  const found = sentences(requestsStayInScope, fake);
  expect(found.map((sentence) => sentence.split(":")[0])).toEqual(Object.keys(files).slice(0, 3));
  expect(found[0]).toMatch(/^src\/transport\/http\/v0\/pods\.ts:1 can .*\(see ARCHITECTURE\.md#arrows\)$/);
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
