/**
 * Quoted history in plain text. The rules are talon's; every pattern matches a line of bounded length, so that time is
 * linear in the text.
 */

/** Characters of an attribution, folded lines together: a date, a name and an address. */
const MAX_ATTRIBUTION = 500;
/** Lines that mail clients fold an attribution into. */
const ATTRIBUTION_LINES = 3;
/** Lines of the header block that Outlook puts above quoted history: From, Sent, To, Cc, Subject. */
const HEADER_LINES = 5;

/** Talon's: quoted, a line that history begins with, the head of a forwarded mail, empty, text. */
type Mark = "quoted" | "splitter" | "forward" | "empty" | "text";

/** The text without quoted history; whole when there is none, or when replies are interleaved with the quotes. */
export function withoutQuotedText(text: string): string {
  const lines = text.split("\n");
  const marks = marksOf(lines);
  const range = quotedRange(marks);
  if (range === null) return text;
  const kept = [...lines.slice(0, range.start), ...lines.slice(range.end)];
  return kept.some((line) => line.trim() !== "") ? kept.join("\n") : text;
}

function marksOf(lines: readonly string[]): Mark[] {
  const marks: Mark[] = [];
  while (marks.length < lines.length) {
    const at = marks.length;
    const line = lines[at] ?? "";
    const splitter = isShort(line) ? splitterLength(lines, at) : 0;
    if (line.trim() === "") marks.push("empty");
    else if (line.startsWith(">")) marks.push("quoted");
    else if (isShort(line) && forwardHead.test(line)) marks.push("forward");
    else if (splitter > 0) marks.push(...Array<Mark>(splitter).fill("splitter"));
    else marks.push("text");
  }
  return marks;
}

const isShort = (line: string): boolean => line.length <= MAX_ATTRIBUTION;

/** Where quoted history begins and ends; null when there is none to cut. */
function quotedRange(marks: readonly Mark[]): { readonly start: number; readonly end: number } | null {
  const splitter = marks.indexOf("splitter");
  if (splitter === -1 && !hasRun(marks)) return null;
  const first = marks.find((mark) => mark !== "empty" && mark !== "text");
  if (first === "forward" || isInterleaved(marks)) return null;
  const quoted = marks.indexOf("quoted");
  const start = splitter === -1 ? quoted : quoted === -1 ? splitter : Math.min(splitter, quoted);
  const last = marks.lastIndexOf("quoted");
  // Not every mail client marks quoted lines: after its splitter all is history.
  const isUnmarked = splitter !== -1 && nextMark(marks, splitter) !== "quoted";
  return { start, end: isUnmarked || last < start ? marks.length : last + 1 };
}

/** Three quoted lines, with nothing but empty ones between: fewer may be an arrow, or a line of code. */
function hasRun(marks: readonly Mark[]): boolean {
  let run = 0;
  for (const mark of marks) {
    if (mark === "quoted") run++;
    else if (mark !== "empty") run = 0;
    if (run === 3) return true;
  }
  return false;
}

/** Text between quoted lines replies to them (interleaved style), and makes no sense alone. */
function isInterleaved(marks: readonly Mark[]): boolean {
  const first = marks.indexOf("quoted");
  if (first === -1) return false;
  return marks.slice(first, marks.lastIndexOf("quoted")).includes("text");
}

/** The mark of the first line behind a splitter that is neither part of it nor empty. */
function nextMark(marks: readonly Mark[], splitter: number): Mark | undefined {
  return marks.slice(splitter).find((mark) => mark !== "splitter" && mark !== "empty");
}

const forwardHead =
  /^-{2,}[ ]*(Forwarded message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado)[ ]*-*\s*$|^Begin forwarded message:/i;

/** How many lines from there on introduce history; 0 when they do not. */
function splitterLength(lines: readonly string[], at: number): number {
  const line = lines[at] ?? "";
  if (originalMessage.test(line)) return 1;
  if (isHeader(lines, at)) return 1;
  if (/^_{10,}\s*$/.test(line) && isHeader(lines, at + 1)) return 2;
  return attributionLength(lines, at);
}

const originalMessage =
  /^[\s*]{0,9}-{1,20} ?(Original Message|Original Appointment|Reply Message|Ursprüngliche Nachricht|Originalnachricht|Message d'origine|Mensaje original|Messaggio originale|Mensagem original|Oorspronkelijk bericht|Oprindelig meddelelse|Ursprungligt meddelande|Wiadomość oryginalna|原始邮件|元のメッセージ) ?-{0,20}[\s*]{0,9}$/i;

const headerStart =
  /^\s{0,9}\*{0,2}(From|Von|De|Van|Da|Från|Fra|Od|Lähettäjä|Feladó|Kimden|От|Від|Από|发件人|寄件者|差出人|보낸 사람) ?[:：]/;
const headerLine = /^\s{0,9}\*{0,2}\p{L}[\p{L} ]{0,20}[:：]/u;

/** From, and two more of its kind under it. */
function isHeader(lines: readonly string[], at: number): boolean {
  if (!headerStart.test(lines[at] ?? "")) return false;
  const under = lines.slice(at + 1, at + HEADER_LINES);
  return under.filter((line) => headerLine.test(line)).length >= 2;
}

const opening =
  /^[\s>*-]{0,9}(On|Am|Le|El|Il|Em|A|Op|Den|På|W dniu|Dnia|Ma|Ti|Ke|To|Pe|La|Su|\p{L}{2,3}[.,]? ?\d|\d{1,4}[./年-]|.{1,80}<[^<>\s@]+@[^<>\s@]+>)/u;
const attribution =
  /(?<!\p{L})(wrote|writes|schrieb|geschrieben|a écrit|écrit|escribió|ha scritto|scritto|escreveu|schreef|geschreven|skrev|napisał|napisała|pisze|kirjoitti|пишет|писал)(\(a\))?(?!\p{L}).{0,200}$|<[^<>\s@]+@[^<>\s@]+> ?$/u;
const cjkAttribution = /(写道|寫道|작성|のメッセージ)$/;

function attributionLength(lines: readonly string[], at: number): number {
  for (let count = 1; count <= ATTRIBUTION_LINES && at + count <= lines.length; count++) {
    const last = withoutMarks(lines[at + count - 1] ?? "");
    if (last === "" || !isShort(last)) return 0;
    // The cheap check first: most lines end otherwise.
    if (!/[:：道성ジ]$/u.test(last)) continue;
    const joined = lines.slice(at, at + count).join(" ");
    if (!isShort(joined)) return 0;
    // Both a date and an address directly above a quote: an attribution in any language.
    if (quoteFollows(lines, at + count) && /\d/.test(joined) && /<\s{0,2}[^<>\s@]+@[^<>\s@]+>/.test(joined))
      return count;
    if (!opening.test(lines[at] ?? "")) return 0;
    // A date or an address: without either, a sentence may well end like that.
    if (isAttribution(withoutMarks(joined)) && /\d|@/.test(joined)) return count;
  }
  return 0;
}

/** True when the line, or the one behind an empty one, is marked as quoted. */
const quoteFollows = (lines: readonly string[], at: number): boolean =>
  [lines[at], lines[at + 1]].find((line) => line?.trim() !== "")?.startsWith(">") ?? false;

/** Without trailing blanks, dashes, stars and bidirectional controls that mail clients add to an attribution. */
function withoutMarks(line: string): string {
  let end = line.length;
  while (end > 0 && " \t\r*-\u200e\u200f\u202c\u2069".includes(line[end - 1] ?? "")) end--;
  return line.slice(0, end);
}

function isAttribution(line: string): boolean {
  const hasColon = line.endsWith(":") || line.endsWith("：");
  const sentence = hasColon ? line.slice(0, -1) : line;
  return cjkAttribution.test(sentence) || (hasColon && attribution.test(sentence));
}
