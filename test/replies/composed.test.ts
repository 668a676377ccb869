/** Replies composed of an answer, an attribution or a header block in some tongue, and history: the answer is found whatever they are. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extractReply } from "../../src/protocols/mime/reply-extraction.ts";
import { squeezed } from "./score.ts";

const header = { subject: "Re: Delivery of order 17", isAnswer: true };

/** Answers that hold what history is known by. */
const answers: readonly (readonly string[])[] = [
  ["We take Friday."],
  ["Hi,", "please cancel order 17.", "Thanks, Jane"],
  ["Yes, go ahead with 3 units."],
  ["On Monday 30 November we are closed."],
  ["Am 30.11.2026 um 9:00 sind wir da.", "Gruß, Anna"],
  ["Write to Bob <bob@example.com> instead."],
  ["My number is 555 1234", "From: 9:00", "To: 17:00"],
  ["Le 30 novembre à 9:00, c'est bien.", "Merci !"],
  ["The address: 3 Harbour Street", "The gate: 4"],
  ["> is greater than", "12 > 11"],
  ["金曜日の9:00でお願いします。"],
  ["26.11.2026"],
  ["Bob wrote it on 26 Nov 2026."],
  ["- the first", "- the second", "--", "Does that help?"],
  ["Да, 3 штуки, 26.11."],
];

/** As programs write them, address and all. */
const attributions: readonly string[] = [
  "On Thu, Nov 26, 2026 at 9:00 AM The Agent <agent@example.net> wrote:",
  "On Thu, Nov 26, 2026 at 9:00\u202fAM The Agent <agent@example.net> wrote:",
  "On 26 Nov 2026, at 09:00, The Agent <agent@example.net> wrote:",
  "On Thursday, November 26, 2026 at 09:00:00 AM GMT, The Agent <agent@example.net> wrote:",
  "On Thursday, November 26th, 2026 at 9:00 AM, The Agent <agent@example.net> wrote:",
  "---- On Thu, 26 Nov 2026 09:00:00 +0000 The Agent <agent@example.net> wrote ----",
  "---- El jue, 26 nov 2026 09:00:00 +0000 The Agent <agent@example.net> escribió ----",
  "---- Le jeu., 26 nov. 2026 09:00:00 +0000 The Agent <agent@example.net> a écrit ----",
  "Am Do., 26. Nov. 2026 um 09:00 Uhr schrieb The Agent <agent@example.net>:",
  "Am 26.11.2026 um 09:00 schrieb The Agent <agent@example.net>:",
  "The Agent <agent@example.net> schrieb am Do., 26. Nov. 2026, 09:00:",
  "Am Donnerstag, 26. November 2026 um 09:00:00 MEZ hat The Agent <agent@example.net> Folgendes geschrieben:",
  "Le jeu. 26 nov. 2026 à 09:00, The Agent <agent@example.net> a écrit\u00a0:",
  "Le 26/11/2026 à 09:00, The Agent <agent@example.net> a écrit :",
  "El jue, 26 nov 2026 a las 9:00, The Agent (<agent@example.net>) escribió:",
  "El 26/11/26 a las 9:00, The Agent <agent@example.net> escribió:",
  "Em qui., 26 de nov. de 2026 às 09:00, The Agent <agent@example.net> escreveu:",
  "Il giorno gio 26 nov 2026 alle ore 09:00 The Agent <agent@example.net> ha scritto:",
  "In data 26 novembre 2026 09:00:00 The Agent <agent@example.net> ha scritto:",
  "Op do 26 nov 2026 om 09:00 schreef The Agent <agent@example.net>:",
  "Op 26 nov. 2026, om 09:00 heeft The Agent <agent@example.net> het volgende geschreven:",
  "Den tors 26 nov. 2026 kl 09:00 skrev The Agent <agent@example.net>:",
  "Den tor. 26. nov. 2026 kl. 09.00 skrev The Agent <agent@example.net>:",
  "26. nov. 2026 kl. 09:00 skrev The Agent <agent@example.net>:",
  "czw., 26 lis 2026 o 09:00 The Agent <agent@example.net> napisał(a):",
  "W dniu 26.11.2026 o 09:00, The Agent <agent@example.net> pisze:",
  "чт, 26 нояб. 2026 г. в 09:00, The Agent <agent@example.net>:",
  "26 нояб. 2026 г., в 09:00, The Agent <agent@example.net> написал(а):",
  "чт, 26 лист. 2026 р. о 09:00 The Agent <agent@example.net> пише:",
  '26.11.2026, 09:00, "The Agent" <agent@example.net>:',
  "2026年11月26日(木) 9:00 The Agent <agent@example.net>:",
  "2026/11/26 9:00、The Agent <agent@example.net>のメール:",
  "The Agent <agent@example.net> 于2026年11月26日周四 09:00写道：",
  '在 2026-11-26 09:00:00，"The Agent" <agent@example.net> 写道：',
  "2026년 11월 26일 (목) 오전 9:00, The Agent <agent@example.net>님이 작성:",
  "The Agent <agent@example.net>, 26 Kas 2026 Per, 09:00 tarihinde şunu yazdı:",
  "čt 26. 11. 2026 v 9:00 odesílatel The Agent <agent@example.net> napsal:",
  "to 26. marrask. 2026 klo 9.00 The Agent <agent@example.net> kirjoitti:",
];

const blocks: readonly (readonly string[])[] = [
  [
    "From: The Agent <agent@example.net>",
    "Sent: Thursday, November 26, 2026 9:00 AM",
    "To: Jane",
    "Subject: Order 17",
  ],
  [
    "From: The Agent <agent@example.net>",
    "Date: Thursday, 26 November 2026 at 09:00",
    "To: Jane <j@example.com>",
  ],
  [
    "________________________________",
    "From: The Agent <agent@example.net>",
    "Sent: Thursday",
    "To: Jane",
    "Subject: x",
  ],
  ["-----Original Message-----", "From: The Agent", "Sent: Thursday", "To: Jane", "Subject: x"],
  [
    "Von: The Agent <agent@example.net>",
    "Gesendet: Donnerstag, 26. November 2026 09:00",
    "An: Jane",
    "Betreff: x",
  ],
  [
    "Gesendet: Donnerstag, 26. November 2026 um 09:00 Uhr",
    'Von: "The Agent" <agent@example.net>',
    "An: jane@example.com",
    "Betreff: x",
  ],
  [
    "De\u00a0: The Agent <agent@example.net>",
    "Envoyé\u00a0: jeudi 26 novembre 2026 09:00",
    "À\u00a0: Jane",
    "Objet\u00a0: x",
  ],
  [
    "De: The Agent <agent@example.net>",
    "Enviado el: jueves, 26 de noviembre de 2026 9:00",
    "Para: Jane",
    "Asunto: x",
  ],
  [
    "De: The Agent <agent@example.net>",
    "Enviada em: quinta-feira, 26 de novembro de 2026 09:00",
    "Para: Jane",
    "Assunto: x",
  ],
  ["Da: The Agent <agent@example.net>", "Inviato: giovedì 26 novembre 2026 09:00", "A: Jane", "Oggetto: x"],
  [
    "Van: The Agent <agent@example.net>",
    "Verzonden: donderdag 26 november 2026 09:00",
    "Aan: Jane",
    "Onderwerp: x",
  ],
  ["Från: The Agent <agent@example.net>", "Skickat: den 26 november 2026 09:00", "Till: Jane", "Ämne: x"],
  [
    "-------- Oprindelig besked --------",
    "Fra: The Agent <agent@example.net>",
    "Dato: 26.11.2026 09.00 (GMT+01:00)",
    "Til: Jane",
    "Emne: x",
  ],
  ["Od: The Agent <agent@example.net>", "Wysłano: czwartek, 26 listopada 2026 09:00", "Do: Jane", "Temat: x"],
  ["От: The Agent <agent@example.net>", "Отправлено: 26 ноября 2026 г. 9:00", "Кому: Jane", "Тема: x"],
  ["差出人: The Agent <agent@example.net>", "送信日時: 2026年11月26日 9:00", "宛先: Jane", "件名: x"],
  ["发件人: The Agent <agent@example.net>", "发送时间: 2026年11月26日 9:00", "收件人: Jane", "主题: x"],
  [
    "보낸 사람: The Agent <agent@example.net>",
    "보낸 날짜: 2026년 11월 26일 목요일 오전 9:00",
    "받는 사람: Jane",
    "제목: x",
  ],
  [
    "Kimden: The Agent <agent@example.net>",
    "Gönderilme Tarihi: 26 Kasım 2026 Perşembe 09:00",
    "Kime: Jane",
    "Konu: x",
  ],
];

const history = [
  "Hello,",
  "when can you deliver?",
  "",
  "1. Friday 9:00",
  "2. Monday",
  "From: us",
  "The Agent",
];
const marked = history.map((line) => `> ${line}`.trim());

/** Broken at the last blank before the column, once. */
function folded(line: string, column: number): readonly string[] {
  const at = line.lastIndexOf(" ", column);
  return at < 20 || line.length <= column || line.startsWith("-")
    ? [line]
    : [line.slice(0, at), line.slice(at + 1)];
}

/** Each line of a quote broken at the column, the rest without a mark. */
function wrapped(line: string, column: number): readonly string[] {
  const at = line.lastIndexOf(" ", column);
  if (line.length <= column) return [line];
  const rest = line.slice(at + 1);
  return rest.length <= column
    ? [line.slice(0, at), rest]
    : [line.slice(0, at), ...wrapped(`> ${rest}`, column)];
}

const forwards = [
  "Fwd: x",
  "FW: x",
  "Fw: x",
  "WG: x",
  "TR: x",
  "RV: x",
  "ENC: x",
  "I: x",
  "VB: x",
  "PD: x",
  "转发: x",
  "転送: x",
];
const answersTo = [
  "Re: x",
  "RE: x",
  "AW: x",
  "Antw: x",
  "SV: x",
  "RES: x",
  "R: x",
  "Odp: x",
  "YNT: x",
  "回复：x",
  "Re: Fwd: x",
  "[EXT] Re: x",
];

const found = (lines: readonly string[]): string =>
  squeezed(extractReply(lines.join("\n"), null, header).text ?? "");

const answer = fc.constantFrom(...answers);
const gap = fc.constantFrom<readonly string[]>([], [""], ["", ""]);
const runs = { seed: 0x5eed, numRuns: 1000 };

describe("the answer and nothing else is found", () => {
  test("above an attribution and marked quotes, with a gap or without", () => {
    const attribution = fc.constantFrom(...attributions);
    const column = fc.constantFrom(45, 60, 72, 200);
    fc.assert(
      fc.property(answer, gap, attribution, column, gap, (own, above, line, at, below) => {
        expect(found([...own, ...above, ...folded(line, at), ...below, ...marked])).toBe(
          squeezed(own.join(" ")),
        );
      }),
      runs,
    );
  });

  test("above an attribution on one line and history without marks", () => {
    fc.assert(
      fc.property(answer, gap, fc.constantFrom(...attributions), (own, above, line) => {
        expect(found([...own, ...above, line, "", ...history])).toBe(squeezed(own.join(" ")));
      }),
      runs,
    );
  });

  test("above a header block, with a gap or without", () => {
    fc.assert(
      fc.property(answer, gap, fc.constantFrom(...blocks), (own, above, block) => {
        expect(found([...own, ...above, ...block, "", ...history])).toBe(squeezed(own.join(" ")));
      }),
      runs,
    );
  });

  test("below an attribution and marked quotes", () => {
    const sure = answer.filter(([first]) => !first?.startsWith(">"));
    fc.assert(
      fc.property(sure, fc.constantFrom(...attributions), (own, line) => {
        expect(found([line, ...marked, "", ...own])).toBe(squeezed(own.join(" ")));
      }),
      runs,
    );
  });

  test("between marked quotes, with the quotes", () => {
    fc.assert(
      fc.property(answer, answer, fc.constantFrom(...attributions), (one, two, line) => {
        const reply = found([line, "> which day?", "", ...one, "", "> which gate?", "", ...two]);
        for (const words of [...one, ...two]) expect(reply).toContain(words);
      }),
      runs,
    );
  });

  test("above quotes that a program wrapped without marks", () => {
    const words = fc.array(
      fc.constantFrom("wir", "liefern", "am", "kommenden", "Freitag", "the", "order", "of"),
      {
        minLength: 24,
        maxLength: 40,
      },
    );
    const paragraphs = fc.array(words, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(answer, gap, paragraphs, fc.integer({ min: 72, max: 80 }), (own, above, quoted, column) => {
        const lines = quoted.flatMap((each) => wrapped(`> ${each.join(" ")} und`, column));
        const line = "On Thu, Nov 26, 2026 at 9:00 AM The Agent <agent@example.net> wrote:";
        const reply = found([...own, ...above, line, ...lines.flat(), "> The Agent"]);
        for (const part of own) expect(reply).toContain(part);
        if (quoted.every((each) => each.every((word) => word !== "Freitag")))
          expect(reply).toBe(squeezed(own.join(" ")));
      }),
      runs,
    );
  });

  test.each(forwards)("a forward is kept whole: %s", (subject) => {
    for (const block of blocks) {
      const text = ["Please pay this.", "", ...block, "", ...history].join("\n");
      expect(extractReply(text, null, { subject, isAnswer: true }).text).toBe(text.trim());
    }
  });

  test.each(answersTo)("an answer is none: %s", (subject) => {
    for (const block of blocks) {
      const text = ["Paid.", "", ...block, "", ...history].join("\n");
      expect(extractReply(text, null, { subject, isAnswer: false }).text).toBe("Paid.");
    }
  });
});
