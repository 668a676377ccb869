/** How right an extracted reply is: history left in is a fault, words of the sender's that are gone are two. */
import { Parser } from "htmlparser2";

/** `under`: history was left in. `over`: some of the sender's words are gone, whatever else was left. */
export type Outcome = "right" | "under" | "over";

export const squeezed = (text: string): string => text.replace(/\s+/gu, " ").trim();

/**
 * @param expected the reply as we show it; the sender's own words alone are right as well: whether the quotes between which somebody
 * answers belong to the reply is a matter of taste
 * @param own phrases that must be there
 */
export function outcomeOf(actual: string, expected: string, own: readonly string[]): Outcome {
  const found = squeezed(actual);
  if (own.some((phrase) => !found.includes(squeezed(phrase)))) return "over";
  return found === squeezed(expected) || found === squeezed(own.join(" ")) ? "right" : "under";
}

/** In percent of the cases; an over-stripped one counts twice against it, so that all of them give -100. */
export function scoreOf(outcomes: readonly Outcome[]): number {
  const faults = outcomes.reduce((sum, outcome) => sum + weight[outcome], 0);
  return outcomes.length === 0 ? 100 : 100 * (1 - faults / outcomes.length);
}

const weight: Readonly<Record<Outcome, number>> = { right: 0, under: 1, over: 2 };

/** The HTML as it is displayed, squeezed. */
export function displayed(html: string): string {
  const parts: string[] = [];
  let unseen = 0;
  const parser = new Parser({
    onopentag(name) {
      if (hidden.has(name)) unseen++;
      if (!inline.has(name)) parts.push(" ");
    },
    onclosetag(name) {
      if (hidden.has(name)) unseen--;
      if (!inline.has(name)) parts.push(" ");
    },
    ontext(text) {
      if (unseen === 0) parts.push(text);
    },
  });
  parser.write(html);
  parser.end();
  return squeezed(parts.join(""));
}

const hidden: ReadonlySet<string> = new Set(["style", "script", "title"]);
/** Elements that do not part the words on either side of them. */
const inline: ReadonlySet<string> = new Set(["a", "b", "em", "font", "i", "span", "strong", "u", "wbr"]);
