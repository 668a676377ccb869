import fc from "fast-check";
import { expect, it } from "vitest";
import { textOfHtml } from "./text-of-html.ts";

const atOnce = async (): Promise<void> => undefined;

it.each([
  [
    "blocks stand apart, and what is inline does not",
    "<p>One <b>t</b>wo</p><div>three<br>four</div>",
    "One two\n\nthree\n\nfour",
  ],
  [
    "what is hidden is left out, with all in it",
    '<div style="display: none">a<p>b</p></div>c<style>p{}</style>d<img>e',
    "c\n\nd\n\ne",
  ],
  ["character references are read", "a &lt; b &amp;&nbsp;c", "a < b &\u00a0c"],
  ["a hidden element that is never closed hides the rest", "a<title>b<p>c", "a"],
])("%s", async (_what, html, text) => {
  expect((await textOfHtml(html, atOnce)).trim()).toBe(text);
});

it("a long one is read in pieces, with a pause between two, and as if it were read at once", async () => {
  const parts = [
    "<b>",
    "</b>",
    "<p style='display:none'>",
    "</p>",
    "&amp;",
    "&CounterClockwiseContourIntegral;",
    "&l",
    "word ",
    "😀",
    "<!--",
    "-->",
    "<",
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...parts), { maxLength: 40 }), async (some) => {
      const html = some.join("");
      let pauses = 0;
      const apart = await textOfHtml(`${" ".repeat(16 * 1024 - 20)}${html}`, async () => void pauses++);
      expect(apart.trim()).toBe((await textOfHtml(html, atOnce)).trim());
      expect(pauses).toBe(html.length > 20 ? 1 : 0);
    }),
  );
  let pauses = 0;
  await textOfHtml("<b>".repeat(100_000), async () => void pauses++);
  expect(pauses).toBe(18);
});
