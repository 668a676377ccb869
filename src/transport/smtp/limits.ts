/** Bounds of inbound SMTP: each with its unit, and why it is that and not another. */

/** Recipients of one SMTP transaction (RFC 5321 4.5.3.1.8 asks for at least 100). */
export const MAX_SMTP_RECIPIENTS = 100;
/** SMTP sessions at once from one address: enough for several workers of a large sender, not all sessions. */
export const MAX_SMTP_PER_ADDRESS = 50;
/** Octets of one SMTP command line: RFC 5321 4.5.3.1.4 asks for 512 and extensions add to it; eight times that. */
export const MAX_SMTP_COMMAND_BYTES = 4096;
/** Commands refused in one SMTP session before it is ended; an accepted message resets the count. Enough for a mailing list with stale addresses, few for an enumeration of addresses. */
export const MAX_SMTP_ERRORS = 50;
/** Commands in one SMTP session that lead to no message: five times what the largest transaction needs. */
export const MAX_SMTP_COMMANDS = 500;
/** Bytes of unfinished mail in the memory of one process, over all sessions; more is refused with 451, to be retried. Never less than four mails of the largest size. */
export const MAX_SMTP_BUFFERED_BYTES = 256 * 1024 * 1024;
/** Multiple of the size limit up to which an oversized message is read, so that its sender gets the 552; then the connection is ended. */
export const MAX_SMTP_OVERRUN = 4;
/** Idle timeout of an SMTP session, milliseconds (RFC 5321 section 4.5.3.2.7). */
export const SMTP_IDLE_MS = 5 * 60_000;
/** Milliseconds that messages in transfer have to end when the server stops. */
export const SMTP_DRAIN_MS = 5000;
