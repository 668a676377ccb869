/** What code may say where: budgets, and the few names that belong to one place. */
import {
  childNode,
  childNodes,
  dottedName,
  lineAt,
  type Module,
  type SyntaxNode,
  stringOf,
  type Tree,
} from "../support/source-tree.ts";
import { isStore } from "./arrows.ts";
import { isGeneratedOrFixture, isTest, productModules, type Rule, type Violation } from "./rule.ts";

/** A reader holds about this much at once; the median of our files is a quarter of it. */
const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;

const arrowLaw = "ARCHITECTURE.md#arrows";
const shapeLaw = "CONTRIBUTING.md#shape";

const budgeted = (tree: Tree): Module[] => tree.modules.filter((module) => !isGeneratedOrFixture(module));

const linesOf = (text: string): number => text.replace(/\n$/, "").split("\n").length;

/** Places in a module where `matches` says what is wrong; null: nothing. */
function places(module: Module, matches: (node: SyntaxNode) => string | null): Violation[] {
  return module.nodes.flatMap((node) => {
    const says = matches(node);
    return says === null ? [] : [{ path: module.path, line: lineAt(module.text, node.start), says }];
  });
}

/** A rule that some names belong to some places of the product. */
function belongs(
  guarantee: string,
  mayHold: (path: string) => boolean,
  matches: (node: SyntaxNode) => string | null,
): Rule {
  return {
    guarantee,
    law: arrowLaw,
    find: (tree) =>
      productModules(tree)
        .filter(({ path }) => !mayHold(path))
        .flatMap((module) => places(module, matches)),
  };
}

const shortFiles: Rule = {
  guarantee: `no file is longer than ${MAX_FILE_LINES} lines`,
  law: shapeLaw,
  find: (tree) =>
    budgeted(tree)
      .map(({ path, text }) => ({ path, lines: linesOf(text) }))
      .filter(({ lines }) => lines > MAX_FILE_LINES)
      .map(({ path, lines }) => ({
        path,
        says: `has ${lines} lines: a file has one subject and at most ${MAX_FILE_LINES} lines`,
      })),
};

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** The bodies of `describe`: a table of contents, whose entries are measured instead. */
function groupBodies(module: Module): Set<SyntaxNode> {
  const groups = module.nodes.filter(
    (node) => node.type === "CallExpression" && calleeName(node)?.split(".")[0] === "describe",
  );
  return new Set(groups.flatMap((node) => childNodes(node, "arguments")));
}

/** The name of what is called, through calls that make it: `test.each(rows)("...")` is `test.each`. */
function calleeName(call: SyntaxNode): string | null {
  const callee = childNode(call, "callee");
  if (callee?.type === "CallExpression") return calleeName(callee);
  return callee?.type === "TaggedTemplateExpression"
    ? dottedName(childNode(callee, "tag"))
    : dottedName(callee);
}

const shortFunctions: Rule = {
  guarantee: `no function is longer than ${MAX_FUNCTION_LINES} lines`,
  law: shapeLaw,
  find: (tree) =>
    budgeted(tree).flatMap((module) => {
      const groups = isTest(module.path) ? groupBodies(module) : new Set<SyntaxNode>();
      return places(module, (node) => {
        if (!functionTypes.has(node.type) || groups.has(node)) return null;
        const lines = linesOf(module.text.slice(node.start, node.end));
        if (lines <= MAX_FUNCTION_LINES) return null;
        const name = dottedName(childNode(node, "id"));
        return `has ${name === null ? "a function" : `the function ${name}`} of ${lines} lines: a function does one thing in at most ${MAX_FUNCTION_LINES} lines`;
      });
    }),
};

/** `const { env } = process`. */
function destructuresEnvironment(node: SyntaxNode): boolean {
  const pattern = childNode(node, "id");
  return (
    node.type === "VariableDeclarator" &&
    dottedName(childNode(node, "init")) === "process" &&
    pattern !== null &&
    childNodes(pattern, "properties").some((property) => dottedName(childNode(property, "key")) === "env")
  );
}

/** `import { env } from "node:process"`, or all of it. */
function importsEnvironment(node: SyntaxNode): boolean {
  if (node.type !== "ImportDeclaration") return false;
  if (!/^(node:)?process$/.test(stringOf(childNode(node, "source")) ?? "")) return false;
  return childNodes(node, "specifiers").some(
    (specifier) =>
      specifier.type !== "ImportSpecifier" || dottedName(childNode(specifier, "imported")) === "env",
  );
}

const oneEnvironmentReader = belongs(
  "only config.ts reads the environment",
  (path) => path === "src/config.ts",
  (node) =>
    dottedName(node) === "process.env" || destructuresEnvironment(node) || importsEnvironment(node)
      ? "reads the environment: settings are read in src/config.ts and passed on as values"
      : null,
);

const networkModules = /^(node:)?(net|tls|dns|http|https|http2|dgram)(\/.*)?$|^undici$/;

/** Functions of node:net that only look at a text. */
const socketless = new Set(["isIP", "isIPv4", "isIPv6"]);

/** The composition root hands the resolver on; apart from it the network is touched only where it is guarded. */
function mayUseNetwork(path: string): boolean {
  return (
    path === "src/app.ts" ||
    /^src\/transport\/(.+\/)?server\.ts$/.test(path) ||
    /^src\/(egress|storage\/engines|cli)\//.test(path)
  );
}

const networkAtTheEdges: Rule = {
  guarantee: "only listeners, egress, engines and the CLI touch the network",
  law: arrowLaw,
  find: (tree) =>
    productModules(tree)
      .filter(({ path }) => !mayUseNetwork(path))
      .flatMap((module) => {
        const allowed =
          "the network is for transport/**/server.ts, egress/, storage/engines/ and cli/; take what you need as an argument";
        const imported = module.imports
          .filter(
            ({ target, names, typeOnly }) =>
              networkModules.test(target) &&
              !typeOnly &&
              (names.length === 0 ||
                names.some(({ name, typeOnly: erased }) => !erased && !socketless.has(name))),
          )
          .map(({ target, line }) => ({ path: module.path, line, says: `imports ${target}: ${allowed}` }));
        const fetched = places(module, (node) =>
          node.type === "CallExpression" && /^(globalThis\.)?fetch$/.test(calleeName(node) ?? "")
            ? `calls fetch: ${allowed}`
            : null,
        );
        return [...imported, ...fetched];
      }),
};

const statementStarts = new Set(["selectFrom", "insertInto", "updateTable", "deleteFrom", "mergeInto"]);

function startsStatement(node: SyntaxNode): boolean {
  if (node.type === "TaggedTemplateExpression") return dottedName(childNode(node, "tag")) === "sql";
  if (node.type !== "CallExpression") return false;
  const callee = childNode(node, "callee");
  const property = callee?.type === "MemberExpression" ? childNode(callee, "property") : null;
  return statementStarts.has(dottedName(property) ?? "") || /^sql\./.test(dottedName(callee) ?? "");
}

const sqlInStores = belongs(
  "only stores hold SQL",
  (path) => isStore(path) || path.startsWith("src/storage/"),
  (node) =>
    startsStatement(node) ? "holds SQL: statements belong in the noun's store.ts or in src/storage" : null,
);

const scopesFromOnePlace: Rule = {
  guarantee: "only domain/door/access/scope.ts can make a scope",
  law: arrowLaw,
  find: (tree) =>
    productModules(tree)
      .filter(({ path }) => path !== "src/domain/door/access/scope.ts" && !path.startsWith("src/storage/"))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, names }) =>
            names.some(
              ({ name, typeOnly }) =>
                !typeOnly && (name === "RowScope" || (name === "*" && target === "src/storage/row-scope.ts")),
            ),
          )
          .map(({ line }) => ({
            path,
            line,
            says: "imports RowScope as a value: import the type Scope, and get one from domain/door/access",
          })),
      ),
};

/** An identifier with the word in it, or a string that is a value and not prose. */
function namesEmbeddedEngine(node: SyntaxNode): boolean {
  if (node.type === "Identifier") return /embedded/i.test(String(node["name"]));
  return /^[\w./-]*embedded[\w./-]*$/i.test(stringOf(node) ?? "");
}

const engineUnknown = belongs(
  "no code asks which engine runs",
  (path) => /^src\/(app|generate|config)\.ts$/.test(path) || /^src\/(storage\/engines|cli)\//.test(path),
  (node) =>
    namesEmbeddedEngine(node)
      ? "names the embedded engine: only storage/engines, config.ts, app.ts, generate.ts and cli/ may know which one runs"
      : null,
);

const noDefaultExports: Rule = {
  guarantee: "exports are named",
  law: "CONTRIBUTING.md#exports",
  find: (tree) =>
    tree.modules.flatMap((module) =>
      places(module, (node) => {
        const exported = node.type === "ExportSpecifier" ? childNode(node, "exported") : null;
        return node.type === "ExportDefaultDeclaration" || dottedName(exported) === "default"
          ? "has a default export: one name for one thing everywhere, so exports are named"
          : null;
      }),
    ),
};

const testFunctions = new Set(["test", "it", "describe", "suite", "bench"]);

/** `.only` hides every other test, so nothing excuses it; a skip has to say why. */
function skipProblem(node: SyntaxNode): string | null {
  const name = node.type === "CallExpression" ? calleeName(node) : null;
  const [object = "", ...rest] = name?.split(".") ?? [];
  const declares = testFunctions.has(object);
  if (declares && rest.includes("only"))
    return "has .only: it silences every other test, so it is never committed";
  if (rest.at(-1) !== "skip") return null;
  const texts = childNodes(node, "arguments").map((argument) => stringOf(argument) ?? "");
  const excused = declares
    ? texts.some((text) => /\bbecause\b/.test(text))
    : texts.some((text) => text !== "");
  return excused
    ? null
    : 'has .skip without a reason: write it into the name ("... because ...") or the note';
}

const skipsSayWhy: Rule = {
  guarantee: "no test is left out without a reason",
  law: "CONTRIBUTING.md#tests",
  find: (tree) =>
    tree.modules.filter(({ path }) => isTest(path)).flatMap((module) => places(module, skipProblem)),
};

const domainTestsBesideTheirFile: Rule = {
  guarantee: "a test of the domain has the name of the file beside it",
  law: "CONTRIBUTING.md#tests",
  find: (tree) => {
    const paths = new Set(tree.files.map(({ path }) => path));
    return [...paths]
      .filter((path) => path.startsWith("src/domain/") && path.endsWith(".test.ts"))
      .filter((path) => !paths.has(path.replace(/\.test\.ts$/, ".ts")))
      .map((path) => ({
        path,
        says: "is named by theme: give it the name of the file whose rules it tests",
      }));
  },
};

export const codeRules: readonly Rule[] = [
  shortFiles,
  shortFunctions,
  oneEnvironmentReader,
  networkAtTheEdges,
  sqlInStores,
  scopesFromOnePlace,
  engineUnknown,
  noDefaultExports,
  skipsSayWhy,
  domainTestsBesideTheirFile,
];
