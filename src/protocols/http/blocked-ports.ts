/**
 * Ports that no HTTP server listens on, but something that reads lines: a request to it may be taken for commands, of which
 * a tenant chooses path, headers and body. They are blocked on private networks too.
 */

/** The WHATWG Fetch standard's "bad ports", which browsers and Node's own fetch refuse. */
const fetchStandard = [
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];
/** Mail that the standard leaves out: LMTP, and SMTP, submission and IMAP where Rookery itself listens by default. */
const mail = [24, 2525, 2587, 2143];
/** Databases and caches, some of which go on after a line that they do not know: SQL Server, Oracle, MySQL, PostgreSQL, Redis, memcached, MongoDB. */
const databases = [1433, 1521, 3306, 5432, 6379, 11211, 27017];

const blocked: ReadonlySet<number> = new Set([0, ...fetchStandard, ...mail, ...databases]);

/** @param url parsed; the default port of its scheme is never blocked */
export const isBlockedPort = ({ port }: URL): boolean => port !== "" && blocked.has(Number(port));
