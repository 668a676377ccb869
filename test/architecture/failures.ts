/** What a failure of the domain may say: nothing of any wire. */
import { childNode, childNodes, dottedName, lineAt, type SyntaxNode } from "../support/source-tree.ts";
import { productModules, type Rule, type Violation } from "./rule.ts";

/** A route, or a field as a wire writes it. */
const wireWord = /\/v\d+\b|\b[a-z]+_[a-z_]+\b/;

/** Every text inside a node, at any depth. */
function textsIn(node: SyntaxNode): { readonly text: string; readonly start: number }[] {
  if (node.type === "Literal" && typeof node["value"] === "string")
    return [{ text: node["value"], start: node.start }];
  if (node.type === "TemplateElement") {
    // Cast: how the parser writes the text between two expressions of a template.
    const { cooked } = node["value"] as { readonly cooked: string };
    return [{ text: cooked, start: node.start }];
  }
  return Object.values(node)
    .flat()
    .filter((child): child is SyntaxNode => typeof child === "object" && child !== null && "type" in child)
    .flatMap(textsIn);
}

/** The sentences and paths of a call of `fail` (behind its code) or `invalid`. */
function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  const name = call.type === "CallExpression" ? dottedName(childNode(call, "callee")) : null;
  if (name === "invalid") return childNodes(call, "arguments");
  return name === "fail" ? childNodes(call, "arguments").slice(1) : [];
}

export const failuresSpeakNoWire: Rule = {
  guarantee: "failures of the domain name no route and no field of a wire",
  law: "CONTRIBUTING.md#errors",
  find: (tree) =>
    productModules(tree)
      .filter(({ path }) => path.startsWith("src/domain/"))
      .flatMap(({ path, text, nodes }) =>
        nodes.flatMap(argumentsOf).flatMap((argument): Violation[] =>
          textsIn(argument)
            .filter((found) => wireWord.test(found.text))
            .map((found) => ({
              path,
              line: lineAt(text, found.start),
              says: `says "${wireWord.exec(found.text)?.[0]}" in a failure: name the field of the input with field("..."), each dialect writes its own name`,
            })),
        ),
      ),
};
