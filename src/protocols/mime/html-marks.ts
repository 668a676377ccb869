/** What mail programs write around history: classes, ids and styles by which an element is known. */

/**
 * `quote`: the earlier mail. `container`: an attribution with quotes, between which its sender may have written. `mail`: a whole earlier
 * mail with its head. `attribution`: the line above a quote. `splitter`: the head of an earlier mail that goes on behind it.
 * `plain`: a quote of a mail or of anything else. `rule`: a line drawn across. `signature`: put there by the program.
 */
export type Mark =
  | "quote"
  | "container"
  | "mail"
  | "attribution"
  | "splitter"
  | "plain"
  | "rule"
  | "signature";

type Attributes = Readonly<Record<string, string>>;

/** Gmail, Proton, Zoho. */
const containerClass = /(^|\s)(gmail_quote|gmail_quote_container|protonmail_quote|zmail_extra)(\s|$)/;
/** Yahoo; Outlook for iOS and Android. */
const mailClass = /(^|\s)(yahoo_quoted|ms-outlook-mobile-reference-message)(\s|$)/;
/** Outlook for Mac; Outlook for iOS and Android; Zimbra. */
const mailId = /(^|_)(OLK_SRC_BODY_SECTION|mail-editor-reference-message-container)$/;
/** Gmail, Mailspring, Thunderbird; the id is Roundcube's. */
const attributionClass = /(^|\s)(gmail_attr|gmail_quote_attribution|moz-cite-prefix)(\s|$)/;
/** Tutanota, Thunderbird and others that write `type=cite`, NetEase, GMX and Web.de, Zimbra. */
const quoteClass = /(^|\s)tutanota_quote(\s|$)/;
/** Outlook on the web, Outlook for Mac. */
const splitterId = /(^|_)divRplyFwdMsg$/;
const splitterClass = /(^|\s)OutlookMessageHeader(\s|$)/;
/** An empty element of Outlook on the web, above its splitter. */
const emptyId = /(^|_)appendonsend$/;
/** Outlook 2007 to 365: blue until 2010, grey since. */
const outlookRule = /border:\s*none;\s*border-top:\s*solid #(B5C4DF|E1E1E1) 1\.0pt;\s*padding:\s*3\.0pt/i;
/** A line above: Windows Mail, and Outlook's rewritten by other programs. */
const topBorder = /border-top(-style)?\s*:[^;]{0,60}\bsolid\b/i;
/** A line along the left side: Outlook set to indent what it quotes. */
const leftBorder = /border:\s*none;\s*border-left:\s*solid \w{1,20} 1\.5pt/i;

/** Gmail, Thunderbird, Proton, Apple Mail, Outlook on phones, Outlook on the web, Windows Mail. */
const signatureClass =
  /(^|\s)(gmail_signature|gmail_signature_prefix|moz-signature|protonmail_signature_block)(\s|$)/;
const signatureId = /^(AppleMailSignature|ms-outlook-mobile-signature|Signature)$/;

/** How an element is known as history, or as the border of history. */
export function markOf(name: string, attributes: Attributes): Mark | null {
  const { class: names = "", id = "", style = "" } = attributes;
  if (names === "" && id === "" && style === "") return markOfBare(name, attributes);
  if (signatureClass.test(names) || signatureId.test(id)) return "signature";
  if (mailClass.test(names) || mailId.test(id)) return "mail";
  if (attributionClass.test(names) || id === "reply-intro") return "attribution";
  if (splitterId.test(id) || splitterClass.test(names) || outlookRule.test(style)) return "splitter";
  if (name === "blockquote") return isSure(names, id, attributes) ? "quote" : "plain";
  if (containerClass.test(names)) return "container";
  if (name === "hr" || emptyId.test(id)) return "rule";
  if (leftBorder.test(style)) return "plain";
  return markOfBare(name, attributes) ?? (topBorder.test(style) ? "rule" : null);
}

function markOfBare(name: string, attributes: Attributes): Mark | null {
  if (name === "blockquote") return isSure("", "", attributes) ? "quote" : "plain";
  if (name === "hr") return "rule";
  if (name !== "div") return null;
  if (attributes["name"] === "quote") return "container";
  if (attributes["data-signatureblock"] === "true") return "signature";
  const isQuoted = attributes["name"] === "quoted-content" || attributes["data-marker"] === "__QUOTED_TEXT__";
  return isQuoted ? "quote" : null;
}

const isSure = (names: string, id: string, { type = "", cite = "" }: Attributes): boolean =>
  type.toLowerCase() === "cite" ||
  cite.startsWith("mid:") ||
  quoteClass.test(names) ||
  id === "isReplyContent";

/** Quotes that one program wrote into one mail have it in common. */
export const signatureOf = (name: string, { class: names = "", style = "", type = "" }: Attributes): string =>
  JSON.stringify([name, names, style, type]);

const hiddenElements: ReadonlySet<string> = new Set(["head", "style", "script", "title", "template"]);

export const isHidden = (name: string, { style }: Attributes): boolean =>
  hiddenElements.has(name) || (style !== undefined && /display\s*:\s*none/i.test(style));

/** Outlook on the web marks what is typed. In what it quotes it puts `x_` in front. */
export const isTyped = ({ class: names = "" }: Attributes): boolean => names !== "" && typedClass.test(names);

/** The color that people give to answers inside of what they quote. */
export const isRed = (name: string, { style = "", color = "" }: Attributes): boolean =>
  (name === "font" && red.test(color)) || (style !== "" && redStyle.test(style));

const typedClass = /(^|\s)elementToProof(\s|$)/;
const red = /^(red|#f00|#ff0000|#c00000)$/i;
const redStyle = /(?:^|[;\s])color\s?:\s?(?:red\b|#f00\b|#ff0000|#c00000|rgb\((?:255|192), ?0, ?0\))/i;

/** Null: as the element around it. */
export function isPreformatted(name: string, { style }: Attributes): boolean | null {
  if (style !== undefined && /white-space\s*:/i.test(style))
    return /white-space\s*:\s*(pre|break)/i.test(style);
  return name === "pre" || name === "textarea" ? true : null;
}
