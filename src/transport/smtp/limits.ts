/** Bounds of SMTP, inbound and submission: each with its unit, and why it is that and not another. */

/** Recipients of one SMTP transaction (RFC 5321 4.5.3.1.8 asks for at least 100). */
export const MAX_SMTP_RECIPIENTS = 100;
/** SMTP sessions at once from one network: enough for several workers of a large sender, not all sessions. */
export const MAX_SMTP_PER_NETWORK = 50;
/** How long a session must have waited for its client, milliseconds, to be ended when another peer finds no place. A client that has more to send does so at once. */
export const SMTP_EVICTION_IDLE_MS = 10_000;
/** How long it must have brought no message, milliseconds, to be ended so though it says something now and then: a slow client has sent its first by then. */
export const SMTP_EVICTION_FRUITLESS_MS = 30_000;
/** Part of the sessions, and of the memory for unfinished mail, that only networks may have which have brought mail of late: whoever has hundreds of networks fills what all may have. */
export const SMTP_KNOWN_SHARE = 1 / 4;
/** For how long a network is known by mail that was taken of it, milliseconds: most correspondents write again within a day. */
export const SMTP_KNOWN_MS = 24 * 3_600_000;
/** Octets of one SMTP command line: RFC 5321 4.5.3.1.4 asks for 512 and extensions add to it; eight times that. */
export const MAX_SMTP_COMMAND_BYTES = 4096;
/** Commands refused in one SMTP session before it is ended; an accepted message resets the count. Enough for a mailing list with stale addresses, few for an enumeration of addresses. */
export const MAX_SMTP_ERRORS = 50;
/** Commands in one SMTP session that lead to no message: five times what the largest transaction needs. */
export const MAX_SMTP_COMMANDS = 500;
/** Bytes of unfinished mail in the memory of one process, over all sessions, where there is memory; more is refused with 451, to be retried. Never less than two mails of the largest size. */
export const MAX_SMTP_BUFFERED_BYTES = 256 * 1024 * 1024;
/** Bytes beside those, which only mails of up to SMALL_SMTP_BYTES may take when the others are held: 128 of the largest. */
export const MAX_SMTP_SMALL_BYTES = 8 * 1024 * 1024;
/** Bytes of a mail that counts as small: most mail without attachments. */
export const SMALL_SMTP_BYTES = 64 * 1024;
/** Milliseconds in which DATA must bring SMTP_DATA_WINDOW_BYTES or end. A sender that is silent for longer holds memory for nothing. */
export const SMTP_DATA_WINDOW_MS = 60_000;
/** Bytes of DATA in each window: 2.2 kbit/s, a fraction of the slowest link in use. */
export const SMTP_DATA_WINDOW_BYTES = 16 * 1024;
/** Looks at each message in such a window, to find which of them come slowly. */
export const SMTP_DATA_LOOKS = 4;
/** Bytes of DATA a second below which a message that has come for two looks makes way when places or memory are wanted: at less, 25 MB would not be there in SMTP_DATA_TOTAL_MS. */
export const SMTP_SLOW_BYTES_PER_SECOND = 15_000;
/** Milliseconds for all of DATA: 25 MB take this long at 14 KB a second. */
export const SMTP_DATA_TOTAL_MS = 30 * 60_000;
/** Wrong recipients of one network before the next is answered late: a mailing list has some stale addresses. */
export const SMTP_WRONG_RECIPIENT_BURST = 20;
/** Wrong recipients of one network answered a second from then on: 430,000 guesses a day, where an address takes millions. */
export const SMTP_WRONG_RECIPIENTS_PER_SECOND = 5;
/** Longest pause before such an answer, milliseconds: well within the five minutes that a client waits (RFC 5321 section 4.5.3.2.3). */
export const SMTP_WRONG_RECIPIENT_PAUSE_MS = 10_000;
/** Networks whose wrong recipients are remembered, and those that are known; an entry is about 100 bytes. */
export const SMTP_PACED_NETWORKS = 10_000;
/** Multiple of the size limit up to which an oversized message is read, so that its sender gets the 552; then the connection is ended. */
export const MAX_SMTP_OVERRUN = 4;
/** Bytes of a mail in which line ends are looked for in one turn of the event loop: 5 ms where each line has one character. A mail of 22 MB of such lines took 195 in one. */
export const SMTP_BYTES_LOOKED_THROUGH = 512 * 1024 - 2;
/** Idle timeout of an SMTP session, milliseconds (RFC 5321 section 4.5.3.2.7). */
export const SMTP_IDLE_MS = 5 * 60_000;
/** Milliseconds for a TLS handshake after STARTTLS, from our 220 on, however its octets drip in: two round trips, for which nobody has to think. The idle timeout begins anew with each octet. */
export const SMTP_HANDSHAKE_MS = 30_000;
/**
 * Groups of the key exchange that a client may choose from, the best first. P-521 takes the event loop 3.7 ms for each handshake, P-384 1.8, which some servers have no other than, and the rest
 * next to nothing (with a signature of RSA 0.9 ms in all); and one that is asked for again (HelloRetryRequest) has no turn of the loop.
 */
export const SMTP_TLS_GROUPS = "X25519MLKEM768:X25519:P-256:P-384";
/** Milliseconds that messages in transfer have to end when the server stops. */
export const SMTP_DRAIN_MS = 5000;
/** Sign-ins of one network that failed, or are under way, before the next waits: programs of a machine that start together, with a wrong one among them. */
export const SIGN_IN_BURST = 20;
/** Of one network tried a second from then on: 86,400 guesses a day, where a password of 18 characters takes 10^30. */
export const SIGN_INS_PER_SECOND = 1;
/** Sign-ins of one network that failed, or are under way, before its passwords are compared in turn with those of other networks that fail; and how many are forgotten a second. */
export const SIGN_INS_BEFORE_DOUBT = 3;
export const DOUBTS_PER_SECOND = 0.1;
/** Wrong passwords for one address, from wherever they come, before the next is refused late; and how many a second are, from then on. */
export const ADDRESS_SIGN_IN_BURST = 10;
export const ADDRESS_SIGN_INS_PER_SECOND = 0.2;
/** Longest wait of a sign-in, or of its refusal, milliseconds: clients give up after 30 seconds. */
export const SIGN_IN_PAUSE_MS = 10_000;
/** Networks, and addresses, whose failed sign-ins are remembered, and pairs of both that signed in last: an entry is about 100 bytes. */
export const SIGN_INS_REMEMBERED = 10_000;
/** Failed sign-ins of one session before it is ended. */
export const MAX_SIGN_INS_FAILED = 5;
/** Octets of a failure's text in a reply: what is left of a line of 512 (RFC 5321 section 4.5.3.1.5) behind its codes. */
export const MAX_REPLY_TEXT = 480;
