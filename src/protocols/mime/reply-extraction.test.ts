import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extractReply } from "./reply-extraction.ts";

const text = (...lines: readonly string[]): string | null => extractReply(lines.join("\n"), null).text;

describe("history quoted in a text is cut", () => {
  const quoted = ["> old", "> older", ">> oldest"];

  test.each<[string, readonly string[]]>([
    ["Gmail", ["On Mon, Jan 1, 2024 at 10:00 AM Ann Lee <ann@x.test> wrote:", "", ...quoted]],
    [
      "Gmail, folded",
      [
        "On Mon, Jan 1, 2024 at 10:00 AM Ann Lee the Second of Somewhere Far",
        "<ann@x.test> wrote:",
        "",
        ...quoted,
      ],
    ],
    ["Apple Mail", ["> On 1 Jan 2024, at 10:00, Ann <ann@x.test> wrote:", "> ", ...quoted]],
    ["Thunderbird", ["Am 01.01.2024 um 10:00 schrieb Ann:", ...quoted]],
    ["Thunderbird in French", ["Le 01/01/2024 à 10:00, Ann a écrit :", ...quoted]],
    ["Gmail in Spanish", ["El lun, 1 ene 2024 a las 10:00, Ann (<ann@x.test>) escribió:", "", ...quoted]],
    ["Gmail in Dutch", ["Op ma 1 jan 2024 om 10:00 schreef Ann <ann@x.test>:", "", ...quoted]],
    ["Gmail in Polish", ["pon., 1 sty 2024 o 10:00 Ann <ann@x.test> napisał(a):", "", ...quoted]],
    ["Gmail in Japanese", ["2024年1月1日(月) 10:00 Ann <ann@x.test>:", "", ...quoted]],
    ["Gmail in Chinese", ["Ann <ann@x.test> 于2024年1月1日周一 10:00写道：", "", ...quoted]],
    ["Gmail in Ukrainian", ["пт, 20 лист. 2026 р. о 10:00 Ann <ann@x.test> пише:", "", ...quoted]],
    ["Gmail in Czech", ["pá 20. 11. 2026 v 10:00 odesílatel Ann <ann@x.test> napsal:", "", ...quoted]],
    ["Gmail in Turkish", ["Ann <ann@x.test>, 20 Kas 2026 Cum, 10:00 tarihinde şunu yazdı:", "", ...quoted]],
    ["Gmail in Greek", ["Στις Παρ 20 Νοε 2026 στις 10:00 π.μ., Ann <ann@x.test> έγραψε:", ...quoted]],
    [
      "Gmail in Hebrew",
      ["\u202bבתאריך יום ו׳, 20 בנוב׳ 2026 ב-10:00 מאת Ann\u202c\u200f <ann@x.test>:\u202c", "", ...quoted],
    ],
    [
      "Gmail in Vietnamese, folded",
      ["Vào Th 6, 20 thg 11, 2026 vào lúc 10:00 Ann Lee <", "ann@x.test> đã viết:", "", ...quoted],
    ],
    [
      "Outlook in Russian",
      ["От: Ann <ann@x.test>", "Отправлено: 20 ноября 2026 г. 10:00", "Кому: Bob", "Тема: x", "", "old"],
    ],
    ["an attribution with what it quotes unmarked", ["On 1 Jan 2024, Ann wrote:", "", "old", "older"]],
    [
      "Outlook",
      [
        "-----Original Message-----",
        "From: Ann <ann@x.test>",
        "Sent: Monday",
        "To: Bob",
        "Subject: x",
        "",
        "old",
      ],
    ],
    [
      "Outlook, newer",
      [
        "________________________________",
        "From: Ann <ann@x.test>",
        "Sent: Monday",
        "To: Bob",
        "Subject: x",
        "",
        "old",
      ],
    ],
    ["Outlook in German", ["Von: Ann <ann@x.test>", "Gesendet: Montag", "An: Bob", "Betreff: x", "", "old"]],
    [
      "Outlook for iOS",
      ["*From:* Ann <ann@x.test>", "*Date:* Monday", "*To:* Bob", "*Subject:* x", "", "old"],
    ],
    ["a program that only marks", quoted],
  ])("%s", (_program, history) => {
    expect(text("Thanks!", "", "Bob", "", ...history, "")).toBe("Thanks!\n\nBob");
    expect(extractReply(["Thanks!", "", ...history].join("\r\n"), null).text).toBe("Thanks!");
  });

  test.each<[string, readonly string[]]>([
    ["a signature", ["-- ", "Bob", "Phone: 1", "Mail: b@x.test"]],
    ["a program's line", ["Sent from my iPhone"]],
    ["a legal footer", ["This email and any attachments are confidential and may be privileged."]],
  ])("and so is %s", (_what, below) => {
    expect(text("Hi", "", ...below)).toBe("Hi");
  });

  test("an answer below what it answers is kept", () => {
    expect(text("On 1 Jan 2024, Ann <ann@x.test> wrote:", ...quoted, "", "Thanks!", "Bob")).toBe(
      "Thanks!\nBob",
    );
  });
});

describe("what is no history is kept", () => {
  test.each<[string, readonly string[]]>([
    ["no quotes", ["Hello", "", "From: here to there", "a -> b", "> x"]],
    ["answers between what they answer", ["On 1 Jan 2024, Ann wrote:", "> one?", "Yes.", "> two?", "No."]],
    [
      "a forwarded mail",
      [
        "---------- Forwarded message ---------",
        "From: Ann <a@x>",
        "Date: Monday",
        "Subject: x",
        "To: b@x",
        "",
        "> a",
        "> b",
        "> c",
        "end",
      ],
    ],
    ["a mail that is nothing but history", ["> one", "> two", "> three"]],
    ["a sentence that ends like an attribution", ["On the whole I like what he wrote:", "nothing."]],
    ["a list behind a date", ["On 1 May we met.", "", "Ann wrote:", "a list"]],
    ["a postscript under a signature", ["Hi", "", "-- ", "Bob", "", "PS: can you call me?"]],
    ["dashes between the parts of a letter", ["Hi", "--", "one", "--", "two"]],
    ["what was sent with something else than a program", ["Here it is.", "Sent with Samsung box"]],
    ["a sentence that begins like a footer", ["Yes.", "", "This email is confidential. Tell nobody."]],
    ["headings", ["From: the start", "it went well"]],
  ])("%s", (_what, lines) => {
    expect(text(...lines)).toBe(lines.join("\n"));
  });

  test("nothing at all", () => {
    expect(extractReply(null, null)).toEqual({ text: null, html: null });
    expect(extractReply(" \n", "\t")).toEqual({ text: "", html: "" });
  });
});

describe("a message made to cost is read within bounds", () => {
  test.each([
    "\n",
    "> x\n",
    "On ",
    "On 1 ",
    "On 1, x wrote\n",
    "wrote:",
    "wrote: ",
    "wrote: - ",
    "-",
    "- ",
    "_",
    "_\n",
    "From:\n",
    "From: x <",
    "<x@",
    "x<@",
    "@",
    "20",
    "2024-01-01 ",
    "Op 1 schreef ",
    "pe 1 skrev\n",
    "a <a@x> ",
    "\t",
    " ",
    "\r",
    "*",
    "：",
    "写道",
    "-----Original Message-----\n",
    "> x\ny\n",
    "---------- Forwarded message",
  ])(
    "text of %j",
    (unit) => {
      for (const length of [450, 499, 900_000])
        for (const end of ["", ":", "\nwrote:", "\n> x"]) {
          const line = unit.repeat(length / unit.length) + end;
          const whole = `${line}\n`.repeat(900_000 / line.length);
          expect(whole).toContain(extractReply(whole, null).text?.split("\n")[0]);
        }
    },
    60_000,
  );

  test("text of empty quotes with a word below each, as many lines as are read", () => {
    const whole = ">\nx\n".repeat(24_990);
    for (let round = 0; round < 50; round++) expect(extractReply(whole, null).text).toBe(whole.trim());
  });

  test("longer than a million characters is shown whole", () => {
    const long = `Hi\n${"x".repeat(1_000_000)}\n> a\n> b\n> c`;
    expect(extractReply(long, `<p>${long}`)).toEqual({ text: long, html: `<p>${long}` });
  });
});

test("any text and HTML gives some of itself", () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      "\n",
      "> ",
      "On 1 Jan, A wrote:",
      "From: ",
      "Sent: ",
      "<div>",
      "</div>",
      '<div class="gmail_quote">',
      "<blockquote type=cite>",
      "</blockquote>",
      '<hr id="divRplyFwdMsg">',
      "<p>",
      "<hr>",
      "<br>",
      "</body>",
      "<",
      ">",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const whole = pieces.join("");
      const reply = extractReply(whole, whole);
      for (const line of reply.text?.split("\n") ?? []) expect(whole).toContain(line);
      if (whole.trim() !== "") expect(reply.text).not.toBe("");
      expect(extractReply(reply.text, null).text).not.toBeNull();
      expect(reply.html?.length).toBeLessThanOrEqual(whole.length + 300);
    }),
    { seed: 0x5eed, numRuns: 2000 },
  );
});
