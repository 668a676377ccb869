/** Bounds of return paths. */

/** Days for which a return path is believed: a mail is tried for five at each server that it passes (RFC 5321 section 4.5.4.1), and people complain for weeks. */
export const RETURN_PATH_DAYS = 45;
