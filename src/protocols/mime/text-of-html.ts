/** The text of HTML as people see it, without its layout: for what is read by words. */
import { readDocument } from "./html-document.ts";

/** Elements that stand within a word's line: their tags separate no words. All others do. */
const inline = new Set(
  "a abbr b bdi bdo big cite code del em font i ins kbd label mark q s samp small span strike strong sub sup tt u var wbr".split(
    " ",
  ),
);

/** Linear in the length: the caller bounds it. Never throws. */
export function textOfHtml(html: string): string {
  let text = "";
  for (const piece of readDocument(html).pieces) {
    if (piece.kind === "text") text += piece.element?.isHidden === true ? "" : piece.text;
    else if (piece.kind !== "other" && !inline.has(piece.element.name)) text += "\n";
  }
  return text;
}
