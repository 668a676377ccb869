/** What a terminal is given. Mail, tenants and other servers wrote parts of it: no control character of theirs is obeyed. */

/**
 * Controls (ECMA-48) other than line ends and tabs, and characters that turn the direction of writing, show as a box. What remains are
 * the colours of `output.ts`: of the texts that come from elsewhere none gets beyond them.
 */
export const forTerminal = (text: string): string =>
  text.replaceAll(allowedOrUnsafe, (_all, allowed: string | undefined) => allowed ?? "\ufffd");

/** Bold, dim, red, green, yellow and their ends (ECMA-48 section 8.3.117), a line end of Windows; or what is not to be written. */
const allowedOrUnsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /(\u001b\[(?:1|2|22|31|32|33|39)m|\r\n)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
