/** Bounds of outgoing SMTP: each with its unit, and why it is that and not another. */

/** MX hosts of a domain that are tried, the best first: large providers have five at most, and a list of 1,000 is an attack. */
export const MAX_MX_HOSTS = 10;
/** Addresses of one host that are tried, of both families in turn. */
export const MAX_HOST_ADDRESSES = 4;
/** Connections of one attempt, those that failed included: what is left has the next attempt. */
export const MAX_CONNECTIONS_TRIED = 10;
/** Recipients of one transaction: what every server takes (RFC 5321 section 4.5.3.1.8). */
export const MAX_TRANSACTION_RECIPIENTS = 100;
/** Bytes of one reply. The longest sound one, EHLO's, has two thousand. */
export const MAX_REPLY_BYTES = 65_536;

/** Milliseconds of each step. */
export interface Deadlines {
  /** For a connection. Postfix's smtp_connect_timeout. */
  readonly connectMs: number;
  /** From a connection to the end of EHLO, TLS and authentication together: what RFC 5321 section 4.5.3.2.1 gives to the greeting alone, since a slot is held meanwhile. */
  readonly setUpMs: number;
  /** Without a sign of life, in any step but the last (sections 4.5.3.2.2, 4.5.3.2.3). */
  readonly silenceMs: number;
  /** From MAIL to the reply to DATA, whatever the number of recipients: a server that drips replies is not waited for longer. */
  readonly envelopeMs: number;
  /** For the message itself, beside its size at MIN_BYTES_PER_SECOND (section 4.5.3.2.5 has 3 minutes a block). */
  readonly dataMs: number;
  /** From the end of the message to its reply (section 4.5.3.2.6): to give up sooner makes duplicates. */
  readonly messageMs: number;
}

export const DEADLINES: Deadlines = {
  connectMs: 30_000,
  setUpMs: 300_000,
  silenceMs: 300_000,
  envelopeMs: 600_000,
  dataMs: 180_000,
  messageMs: 600_000,
};
/** Bytes a second of the slowest peer that is waited for. */
export const MIN_BYTES_PER_SECOND = 32_768;
/** Milliseconds after which an attempt begins with no further host: with the deadlines above, it then ends within an hour, whatever the other side does. */
export const LAST_HOST_AFTER_MS = 300_000;

/** Connections that wait for the next message, over all hosts: a socket and, with TLS, some 50 KB each. */
export const MAX_IDLE_CONNECTIONS = 256;
/** Of those, to one address: large providers have one for thousands of domains, and a queue has as many connections. */
export const MAX_IDLE_OF_ONE = 100;
/** Milliseconds that a connection waits for the next message: servers frown on idle ones, and a queue that has more is there sooner. */
export const IDLE_MS = 3000;
/** Messages over one connection: some servers count them, and refuse at a hundred. */
export const MAX_MESSAGES_OF_CONNECTION = 100;
/** Milliseconds after which a connection takes no further message, so that a moved host is noticed. */
export const CONNECTION_AGE_MS = 300_000;
/** Milliseconds that QUIT has to be answered. */
export const QUIT_MS = 5000;
