/** The text of HTML as people see it, without its layout: for what is read by words. */
import { BoundedParser } from "../markup/bounded-parser.ts";
import { isHidden } from "./html-marks.ts";

/** Elements that stand within a word's line: their tags separate no words. All others do. */
const inline = new Set(
  "a abbr b bdi bdo big cite code del em font i ins kbd label mark q s samp small span strike strong sub sup tt u var wbr".split(
    " ",
  ),
);

/** Characters read in one turn of the event loop: of nothing but tags they take some three milliseconds. */
const PIECE_CHARACTERS = 16 * 1024;

/** Linear in the length: the caller bounds it. @param pause waited for between two pieces of a long one */
export async function textOfHtml(html: string, pause: () => Promise<unknown>): Promise<string> {
  let text = "";
  /** Open elements whose text is not displayed: a hidden one, and those in it. */
  let hidden = 0;
  const separate = (name: string): void => {
    if (!inline.has(name)) text += "\n";
  };
  const parser = new BoundedParser({
    onopentag(name, attributes) {
      if (hidden > 0 || isHidden(name, attributes)) hidden++;
      separate(name);
    },
    onclosetag(name) {
      if (hidden > 0) hidden--;
      separate(name);
    },
    ontext(piece) {
      if (hidden === 0) text += piece;
    },
  });
  for (let start = 0; start < html.length; start += PIECE_CHARACTERS) {
    if (start > 0) await pause();
    parser.write(html.slice(start, start + PIECE_CHARACTERS));
  }
  parser.end();
  return text;
}
