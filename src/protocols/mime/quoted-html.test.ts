import fc from "fast-check";
import { Parser } from "htmlparser2";
import { describe, expect, test } from "vitest";
import { extractReply } from "./reply-extraction.ts";

const html = (source: string): string | null => extractReply(null, source).html;
const text = (source: string): string | null => extractReply(null, source).text;

describe("history quoted in HTML is cut, and the rest left as it was written", () => {
  test.each<[string, string, string]>([
    [
      "Gmail",
      '<div dir="ltr">Hi<br></div><br><div class="gmail_quote"><div class="gmail_attr">On … wrote:</div><blockquote>old</blockquote></div>',
      '<div dir="ltr">Hi<br></div><br>',
    ],
    [
      "Gmail, its class one of several",
      '<p>Hi</p><div class="gmail_quote gmail_quote_container">old</div>',
      "<p>Hi</p>",
    ],
    [
      "Apple Mail",
      '<html><body>Hi<br><blockquote type="cite"><div>On … wrote:</div>old</blockquote></body></html>',
      "<html><body>Hi<br></body></html>",
    ],
    [
      "Thunderbird, answered below",
      '<body><div class="moz-cite-prefix">Am … schrieb Ann:<br></div><blockquote type="cite" cite="mid:1"><p>old</blockquote><p>Hi</p></body>',
      "<body><p>Hi</p></body>",
    ],
    [
      "Outlook on the web",
      '<html><body><div>Hi</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: x</div><div>old</div></body></html>',
      "<html><body><div>Hi</div></body></html>",
    ],
    [
      "Outlook, its rule above",
      '<div><p>Hi</p>\n<hr style="x"> <div id="divRplyFwdMsg">From: x</div><div>old</div></div>',
      "<div><p>Hi</p>\n</div>",
    ],
    [
      "Outlook",
      '<div class="WordSection1"><p>Hi</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b></div></div><p>old</div>',
      '<div class="WordSection1"><p>Hi</p></div>',
    ],
    [
      "a quote of Outlook's marks and of a red warning",
      '<p>Hi</p><blockquote type="cite"><p>On 1 Jan 2026, Ann &lt;a@x.test&gt; wrote:</p><p style="color:red">CAUTION: external sender</p><div class="elementToProof">old</div></blockquote>',
      "<p>Hi</p>",
    ],
    ["Yahoo", '<p>Hi</p><div id="yahoo_quoted_1" class="yahoo_quoted">old</div>', "<p>Hi</p>"],
    ["GMX", '<div>Hi<div name="quote" style="x"><b>Gesendet:</b> Montag</div></div>', "<div>Hi</div>"],
    ["Proton", '<p>Hi</p><div class="protonmail_quote">old</div>', "<p>Hi</p>"],
    [
      "a quote nobody closed, in something that is closed",
      '<div>Hi<blockquote type="cite">old</div><p>more</p>',
      "<div>Hi</div><p>more</p>",
    ],
    ["a quote nobody closed at all", 'Hi<blockquote type="cite">old<b>', "Hi"],
    [
      "a quote in a quote",
      'Hi<blockquote type="cite">1<blockquote type="cite">2</blockquote>3</blockquote>!',
      "Hi!",
    ],
    ["an image as the answer", '<img src="cid:1"><div class="gmail_quote">old</div>', '<img src="cid:1">'],
    [
      "an element that has both",
      "<div>Hi<hr>From: a@x.test<br>Date: Thu, 26 Nov 2026 09:00<br>To: b@x.test<br>Subject: s<br><br>old</div><p>-</p>",
      "<div>Hi</div>",
    ],
    [
      "a comment in what is cut",
      'Hi<!-- 1 --><blockquote type="cite"><!-- 2 -->old</blockquote><!-- 3 -->',
      "Hi<!-- 1 --><!-- 3 -->",
    ],
  ])("%s", (_program, source, kept) => {
    expect(html(source)).toBe(kept);
  });
});

describe("HTML that is no history is kept as it was written", () => {
  test.each<[string, string]>([
    ["a quote somebody wrote", "<p>He said</p><blockquote>to be or not</blockquote>"],
    [
      "a quote of a mail that somebody writes about",
      '<p>The server prints:</p><blockquote type="cite">GET /a 500</blockquote><p>Can you look?</p>',
    ],
    [
      "a quote made with Gmail's button",
      'See this<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">to be</blockquote>',
    ],
    [
      "an indented paragraph",
      '<p>Hi</p><blockquote style="margin:0 0 0 40px;border:none;padding:0px">mine</blockquote>',
    ],
    [
      "a forwarded mail",
      '<div>See</div><div class="gmail_quote">---------- Forwarded message ---------<br>old</div>',
    ],
    [
      "a mail that is nothing but history",
      '<style>p{}</style><title>x</title><div class="gmail_quote">old</div>',
    ],
    ["a class of another name", '<p>Hi</p><p class="no_gmail_quotes">new</p>'],
    ["a mark in a comment", '<!-- <div class="gmail_quote"> --><p>Hi</p>'],
    ["a mark in a text", "<p>class=gmail_quote</p>"],
    ["what is not balanced", "<p>Hi<p><b>there</i>"],
    [
      "answers between quotes, with what they answer",
      'a<blockquote type=cite>1</blockquote>b<blockquote TYPE="CITE">2</blockquote>c',
    ],
    [
      "answers between quotes in a quote",
      '<p>Hi</p><blockquote type="cite"><div>On 1 Jan 2026, Ann &lt;a@x.test&gt; wrote:</div><blockquote>one?</blockquote>yes<blockquote>two?</blockquote>no</blockquote>',
    ],
    [
      "a history that the note above says has answers",
      "<p>Please see my answers below in red.</p><hr>From: a@x.test<br>Sent: Thu, 26 Nov 2026 09:00<br>To: b@x.test<br>Subject: s<br><br>one? yes",
    ],
    [
      "a history that Outlook on the web shows was written into",
      '<div class="elementToProof">Hi</div><hr><div id="divRplyFwdMsg">From: x</div><div class="x_elementToProof">one?</div><div class="elementToProof">yes</div>',
    ],
    [
      "a quote with red answers in it",
      '<p>Hello,</p><blockquote type="cite"><p>On 1 Jan 2026, Ann &lt;a@x.test&gt; wrote:</p><p>Which day? <font color="red">Friday.</font></p></blockquote>',
    ],
    ["a form", "<p>New order<hr>From: Berlin<br>To: Oslo<br>Date: 26 Nov 2026 10:00<br>Passenger: Ann</p>"],
    [
      "a filled-in form",
      "<p>New mail</p>From: Ann &lt;a@x.test&gt;<br>Date: 26 Nov 2026<br>To: us@x.test<br>Subject: Boat",
    ],
  ])("%s", (_what, source) => {
    expect(html(source)).toBe(source);
  });

  test("a mail that answers none, whatever it looks like", () => {
    const source =
      "<p>Hi</p><hr>From: a@x.test<br>Date: Thu, 26 Nov 2026<br>To: b@x.test<br>Subject: s<br><br>old";
    expect(extractReply(null, source, { subject: "Hello", isAnswer: false }).html).toBe(source);
    expect(extractReply(null, source, { subject: "Hello", isAnswer: true }).html).toBe("<p>Hi</p>");
  });
});

describe("signatures and footers", () => {
  const quote = '<div class="gmail_quote">old</div>';

  test.each<[string, string]>([
    [
      "Gmail's",
      '<div>Hi</div><span class="gmail_signature_prefix">-- </span><br><div class="gmail_signature">Ann<br>Phone</div>',
    ],
    ["Thunderbird's", '<div>Hi</div><pre class="moz-signature">-- \nAnn\nPhone</pre>'],
    ["Apple's on phones", "<div>Hi</div><div><br></div><div>Sent from my iPhone</div>"],
    [
      "Outlook's on phones",
      '<div>Hi</div><div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div>',
    ],
    [
      "a footer",
      "<div>Hi</div><p>This email and any attachments are confidential.<br>If you are not the recipient, delete it.</p>",
    ],
  ])("%s is cut above history and below it", (_whose, source) => {
    expect(text(source + quote)).toBe("Hi");
    expect(text(quote + source)).toBe("Hi");
  });

  test("one that is all there is stays", () => {
    const source = '<div class="gmail_signature">Ann</div>';
    expect(html(source + quote)).toBe(source);
  });

  test("one that has a question written into it stays", () => {
    const source = '<div>Hi</div><div id="Signature">Ann<p>When can you come?</p></div>';
    expect(html(source + quote)).toBe(source);
  });

  test.each<[string, readonly string[]]>([
    ["has more lines than a signature", Array.from({ length: 25 }, (_, line) => `Line ${line}`)],
    ["has a question in its middle", ["Ann", "When can you come?", "Harbour Street 3", "Leeds"]],
    [
      "looks like a footer below its question",
      ["Ann?", "-- ", "This email and any attachments are confidential. Please delete it."],
    ],
  ])("one that %s stays whole, above history and below it", (_what, written) => {
    const source = `<div>Hi</div><div class="gmail_signature">${written.map((line) => `<div>${line}</div>`).join("")}</div>`;
    expect(html(source + quote)).toBe(source);
    expect(html(quote + source)).toBe(source);
  });

  test("one below another that was written into is cut", () => {
    const source =
      '<div>Hi</div><div class="gmail_signature">When can you come?<br>Ann</div><div id="ms-outlook-mobile-signature">Sent from Outlook for iOS</div>';
    expect(text(source + quote)).toBe("Hi\nWhen can you come?\nAnn");
  });
});

describe("HTML without a text gives its text", () => {
  test.each<[string, string, string]>([
    ["paragraphs", "<p>a</p><p>b <b>c</b>d</p>", "a\n\nb cd"],
    ["lines", "<div>a</div><div>b<br></div><div><br></div><div>c</div>", "a\nb\n\nc"],
    [
      "a table",
      "<table><tr><th>Day</th><td>Friday</td></tr><tr><td>Gate</td><td>4</td></tr></table>",
      "Day Friday\nGate 4",
    ],
    ["references and blanks", "a &amp;&nbsp;b\n  c &lt;d&gt;", "a & b c <d>"],
    ["preformatted text", "<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"],
    [
      "what is not displayed",
      '<style>p{}</style><script>1</script><title>t</title><div style="display:none">x</div>y',
      "y",
    ],
    ["a reply", "<p>a</p><blockquote type=cite>old</blockquote>", "a"],
  ])("%s", (_what, source, shown) => {
    expect(text(source)).toBe(shown);
  });

  test("that of the text part comes first", () => {
    expect(extractReply("plain", "<p>rich</p>").text).toBe("plain");
    expect(extractReply(null, "<p>all of it</p>", { subject: "Fwd: x", isAnswer: true }).text).toBe(
      "all of it",
    );
  });

  test("but not when it is longer than a million characters", () => {
    expect(extractReply(null, `<p>${"x".repeat(1_000_000)}`).text).toBeNull();
  });
});

describe("HTML made to cost is read within bounds", () => {
  /** Characters: enough that what is not linear takes minutes. `npm run bench -- replies` goes to a million. */
  const SIZE = 250_000;
  const mark = '<div class="gmail_quote">q</div>';

  test.each([
    "<div>",
    "<b>",
    "<p>",
    "</p>",
    "</br>",
    "<blockquote type=cite>",
    "<blockquote>x",
    "<hr>",
    "<table><tr><td>",
    mark,
    "<!--",
    "<![CDATA[",
    "<a ",
    '<a x="',
    "<a x=1 ",
    "&amp",
    "&",
    "<",
    "</",
    "<style>",
    "<script>",
    "<svg>",
    "<pre>\n",
    "x",
    "x<br>",
    "From: x<br>",
    "On 1 Jan 2026, Ann wrote:<br>",
    '<div class="gmail_signature">x</div>',
    " ",
    "\0",
  ])("%j", (unit) => {
    for (const source of [mark + unit.repeat(SIZE / unit.length), unit.repeat(SIZE / unit.length) + mark])
      expect(html(source)?.length).toBeLessThan(2 * source.length);
  });

  test("a signature of more lines than any has", () => {
    const source = `Hi<div class="gmail_signature">${"x<br>".repeat(100_000)}</div>`;
    expect(html(source)?.length).toBeLessThan(2 * source.length);
  });

  test("elements deeper than mail has them are left alone, their text still read", () => {
    const source = `${mark}${"<div>".repeat(100_000)}x`;
    expect(extractReply(null, source)).toEqual({ html: source, text: "q\nx" });
  });

  test("end tags of what was never opened, deep inside", () => {
    const source = `${mark}${"<b>".repeat(490)}${"</i>".repeat(200_000)}x`;
    expect(html(source)).toBe(`${"<b>".repeat(490)}x${"</b>".repeat(490)}`);
  });
});

test("whatever the HTML is, what is left when something was cut is balanced", () => {
  const piece = fc.constantFrom(
    ..."text|<br>|<p>|</p>|<div>|</div>|<div/>|<p class='x'/>|<b>|</b>|<td>|<li>|</body>|<img src=x/>|<a href=x/>|<hr>|<svg><path/></svg>|<!-- c -->|</i>|</br>|&amp;".split(
      "|",
    ),
    '<div class="gmail_quote">',
    "<blockquote type=cite>",
    "</blockquote>",
    "<div>On 1 Jan 2026, Ann &lt;a@x.test&gt; wrote:</div>",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const whole = pieces.join("").trim();
      const left = html(whole) ?? "";
      if (left !== whole) expect(unbalanced(left)).toEqual([]);
    }),
    { seed: 0x5eed, numRuns: 3000 },
  );
});

/** Elements without an end tag, and an end tag too many. */
function unbalanced(source: string): string[] {
  const found: string[] = [];
  let explicit = 0;
  const parser = new Parser({
    onclosetag(name, isImplied) {
      if (!isImplied) explicit++;
      else if (!["br", "hr", "img"].includes(name)) found.push(name);
    },
  });
  parser.write(source);
  parser.end();
  if (explicit !== source.split("</").length - 1) found.push("</");
  return found;
}
