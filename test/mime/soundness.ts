/** What holds for every mail, however broken. */
import { isDeepStrictEqual } from "node:util";
import { formatAddress, parseReceivedAddress } from "../../src/protocols/address/index.ts";
import { type ParsedMail, parseMail } from "../../src/protocols/mime/parse.ts";

/** What is wrong with what is read of these bytes; null when nothing is. */
export function unsoundness(raw: Buffer): string | null {
  const before = Buffer.from(raw);
  let mail: ParsedMail;
  try {
    mail = parseMail(raw);
  } catch (error) {
    return `failed: ${String(error)}`;
  }
  if (!raw.equals(before)) return "changed the bytes it read";
  if (!isDeepStrictEqual(parseMail(raw), mail)) return "read the same bytes in two ways";
  return textFault(mail) ?? addressFault(mail) ?? fileFault(mail, raw);
}

function textFault({ attachments, ...rest }: ParsedMail): string | null {
  const named = attachments.map(({ filename, contentType, contentId }) => ({
    filename,
    contentType,
    contentId,
  }));
  let fault: string | null = null;
  JSON.stringify([rest, named], (key, value: unknown) => {
    for (const text of typeof value === "string" ? [key, value] : [key])
      if (text.includes("\0") || !text.isWellFormed()) fault = `cannot be stored: ${JSON.stringify(text)}`;
    return value;
  });
  const lines = [rest.subject, rest.fromText, rest.inReplyTo, rest.messageId, ...rest.ancestors];
  const broken = lines.find((line) => line !== null && /[\r\n]/.test(line));
  return fault ?? (broken === undefined ? null : `has a line end in a line: ${JSON.stringify(broken)}`);
}

/** An address that is shown comes back as it was. */
function addressFault({ to, cc, replyTo }: ParsedMail): string | null {
  for (const mailbox of [...to, ...cc, ...replyTo]) {
    const again = parseReceivedAddress(formatAddress(mailbox));
    const sameAddress = again?.address.toLowerCase() === mailbox.address.toLowerCase();
    if (again !== null && !sameAddress) return `shows ${mailbox.address} and reads ${again.address}`;
  }
  return null;
}

function fileFault({ attachments, date }: ParsedMail, raw: Buffer): string | null {
  if (date !== null && Number.isNaN(date.getTime())) return "has a date that is none";
  for (const { filename, contentType, content } of attachments) {
    if (filename !== null && (/[/\\\p{Cc}]/u.test(filename) || filename.length > 255))
      return `names ${filename}`;
    if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(; (charset|method)=[\w.:+-]+)*$/.test(contentType))
      return `is of type ${contentType}`;
    if (content.byteLength > raw.length) return "has a file larger than itself";
  }
  return null;
}
