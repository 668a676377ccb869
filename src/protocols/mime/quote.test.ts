import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forwardedBody, forwardSubject, replySubject } from "./quote.ts";

describe("a subject is marked once", () => {
  test.each<[string | null, string, string]>([
    ["Hello", "Re: Hello", "Fwd: Hello"],
    ["Re: Hello", "Re: Hello", "Fwd: Re: Hello"],
    ["RE:Hello", "RE:Hello", "Fwd: RE:Hello"],
    [" re : Hello", " re : Hello", "Fwd:  re : Hello"],
    ["Fwd: Hello", "Re: Fwd: Hello", "Fwd: Hello"],
    ["FW: Hello", "Re: FW: Hello", "FW: Hello"],
    ["Return: Hello", "Re: Return: Hello", "Fwd: Return: Hello"],
    ["", "Re:", "Fwd:"],
    [null, "Re:", "Fwd:"],
  ])("%j", (subject, reply, forward) => {
    expect(replySubject(subject)).toBe(reply);
    expect(forwardSubject(subject)).toBe(forward);
  });

  test("however often it is answered or forwarded, whatever it is", () => {
    const subject = fc.option(
      fc.oneof(fc.string(), fc.constant(" ".repeat(100_000)), fc.constant("re".repeat(100_000))),
    );
    fc.assert(
      fc.property(subject, (given) => {
        expect(replySubject(replySubject(given))).toBe(replySubject(given));
        expect(forwardSubject(forwardSubject(given))).toBe(forwardSubject(given));
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });
});

describe("a forwarded body", () => {
  const original = {
    from: "Ann <ann@x.test>",
    date: new Date("2024-01-01T09:00:00Z"),
    subject: "Hello",
    to: ["b@y.test", "c@y.test"],
    text: "old",
    html: null,
  };

  test("has the note, who wrote what is forwarded, and the original, in text", () => {
    expect(forwardedBody({ text: "See", html: null }, original)).toEqual({
      text: "See\n\n---------- Forwarded message ----------\nFrom: Ann <ann@x.test>\nDate: Mon, 01 Jan 2024 09:00:00 GMT\nSubject: Hello\nTo: b@y.test, c@y.test\n\nold",
      html: null,
    });
  });

  test("without a note or an original text is the header alone", () => {
    const { text, html } = forwardedBody(
      { text: null, html: null },
      { ...original, text: null, subject: null, to: [] },
    );
    expect(text).toMatch(/^-+ Forwarded message -+\nFrom: .*\nDate: .*\nSubject: \nTo: $/);
    expect(html).toBeNull();
  });

  test("is written in HTML where either side is, plain text kept as it looks", () => {
    const { html } = forwardedBody({ text: "a < b\nc", html: null }, { ...original, html: "<b>old</b>" });
    expect(html).toContain("<p>a &lt; b<br>c</p>");
    expect(html).toContain("From: Ann &lt;ann@x.test&gt;<br>");
    expect(html?.endsWith("<b>old</b>")).toBe(true);
  });

  test("of an original in HTML alone has no text that would leave it out", () => {
    const { text, html } = forwardedBody(
      { text: "See", html: null },
      { ...original, text: null, html: "<b>old</b>" },
    );
    expect(text).toBeNull();
    expect(html).toMatch(/^<p>See<\/p>.*<b>old<\/b>$/s);
  });

  test("takes no HTML from what is no HTML", () => {
    const evil = '<script>alert("x")</script>&amp;';
    const { html } = forwardedBody(
      { text: null, html: "<p>See</p>" },
      { ...original, from: evil, subject: evil, to: [evil], text: evil },
    );
    expect(html).not.toContain("<script");
    expect(html?.split("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;")).toHaveLength(5);
  });
});
