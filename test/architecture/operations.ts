/** Every operation of the domain is run by the test of its file, which is found by the name. */
import { childNode, childNodes, dottedName, type Module } from "../support/source-tree.ts";
import { productModules, type Rule } from "./rule.ts";

const law = "CONTRIBUTING.md#tests";

const testOf = (path: string): string => path.replace(/\.ts$/, ".test.ts");

/** Whether it exports operations; what it keeps for itself runs behind a function of its own, which tests call. */
function hasOperations({ nodes }: Module): boolean {
  const exported = nodes.flatMap((node) => {
    const declaration = node.type === "ExportNamedDeclaration" ? childNode(node, "declaration") : undefined;
    return declaration?.type === "VariableDeclaration" ? childNodes(declaration, "declarations") : [];
  });
  return exported.some((declarator) => {
    const made = childNode(declarator, "init");
    return made?.type === "CallExpression" && dottedName(childNode(made, "callee")) === "operation";
  });
}

const testsBesideOperations: Rule = {
  guarantee: "each file with operations has its test, of its name",
  law,
  find(tree) {
    const paths = new Set(tree.modules.map(({ path }) => path));
    return productModules(tree)
      .filter((module) => module.path.startsWith("src/domain/") && hasOperations(module))
      .filter(({ path }) => !paths.has(testOf(path)))
      .map(({ path }) => ({
        path,
        says: `has operations and no ${testOf(path)}, which runs them through the door`,
      }));
  },
};

export const operationRules: readonly Rule[] = [testsBesideOperations];
