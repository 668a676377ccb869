/** Invalid values for each kind of field, on any route. */

export interface BadValue {
  readonly says: string;
  readonly value: unknown;
  /** Where below the field; the field itself when absent. Null: over several fields, so at none. */
  readonly at?: readonly (string | number)[] | null;
  /** 400 when absent. 404: the value names a thing, and there is none. */
  readonly status?: 403 | 404 | 409;
}

const bad = (says: string, value: unknown, at?: BadValue["at"]): BadValue =>
  at === undefined ? { says, value } : { says, value, at };

/** What PostgreSQL cannot store in text or jsonb. */
const unstorable: readonly BadValue[] = [
  bad("a NUL", "a\u0000b"),
  bad("the first half of a surrogate pair", "cut \ud83d"),
  bad("the second half of a surrogate pair", "\ude00 cut"),
];

/** Each would end a header line and begin another, here or in what reads it. */
const lineBreaks: readonly BadValue[] = [
  "\r\nBcc: x@evil.test",
  "\nBcc: x@evil.test",
  "\rBcc: x@evil.test",
  "\r\n\r\nbody",
  "\u0085Bcc: x@evil.test",
  "\u2028Bcc: x@evil.test",
  "\u0007",
].map((text) => bad(`a line break or control character (${JSON.stringify(text)})`, `one${text}`));

const inList = (values: readonly BadValue[]): BadValue[] =>
  values.map(({ says, value }) => bad(`${says} in a list`, [value], [0]));

const inMap = (key: string, values: readonly BadValue[]): BadValue[] =>
  values.map(({ says, value }) => bad(`${says} as a value`, { [key]: value }, [key]));

const flag: readonly BadValue[] = [];
const text: readonly BadValue[] = unstorable;
const headerText: readonly BadValue[] = [
  ...unstorable,
  ...lineBreaks,
  bad("more than a header line holds", "x".repeat(999)),
];
const name: readonly BadValue[] = [
  ...unstorable,
  ...lineBreaks,
  bad("empty", ""),
  bad("257 characters", "x".repeat(257)),
];
const displayName: readonly BadValue[] = name.filter(({ says }) => says !== "empty");

const clientId: readonly BadValue[] = [
  ...unstorable,
  ...["", "a@b", "a/b", "a b", "ü", "a\n", "a:b", "x".repeat(257)].map((value) =>
    bad(`client_id ${JSON.stringify(value.slice(0, 10))}`, value),
  ),
];

const notAddresses: readonly BadValue[] = [
  ...lineBreaks,
  ...[
    "",
    " ",
    "nobody",
    "@host.test",
    "nobody@",
    "a@b@",
    "a b@host.test",
    "a@host..test",
    "a@host.test.",
    "a@-host.test",
    "a@*.host.test",
    "a@ho_st.test",
    "a@[127.0.0.1]",
    "a@127.0.0.1",
    ".a@host.test",
    "a.@host.test",
    "a..b@host.test",
    "<>",
    "Name <>",
    "Name <a@host.test",
    "Name a@host.test>",
    "a@host.test, b@host.test",
    "mailto:a@host.test",
    `${"x".repeat(65)}@host.test`,
    `a@${"x".repeat(64)}.test`,
    `a@${"x.".repeat(126)}test`,
    `${"Name ".repeat(300)}<a@host.test>`,
  ].map((value) => bad(`the address ${JSON.stringify(value.slice(0, 30))}`, value)),
];
const addresses: readonly BadValue[] = [
  ...unstorable,
  ...inList(unstorable),
  ...notAddresses.map(({ says, value }) => bad(says, value, [0])),
  ...inList(notAddresses),
  bad("a bad address after good ones", ["a@host.test", "b@host.test", "nobody"], [2]),
  bad("5000 addresses", Array(5000).fill("a@host.test")),
];
const many = Array.from({ length: 51 }, (_none, index) => `a${index}@host.test`);
const recipients: readonly BadValue[] = [...addresses, bad("51 recipients", many, null)];
const replyTo: readonly BadValue[] = [...addresses, bad("51 addresses", many)];

const systemLabels = ["sent", "received", "bounced", "scheduled", "complained", "opened"];
const notLabels: readonly BadValue[] = [
  ...unstorable,
  ...lineBreaks,
  bad("an empty label", ""),
  bad("a blank label", "  "),
  bad("a label of 257 characters", "x".repeat(257)),
  ...systemLabels.map((label) => bad(`the system label ${label}`, label)),
];
const labels: readonly BadValue[] = [
  ...inList(notLabels),
  bad("a system label behind a good one", ["good", "sent"], [1]),
  bad(
    "101 labels",
    Array.from({ length: 101 }, (_none, index) => `label-${index}`),
  ),
  bad("5000 labels", Array(5000).fill("same")),
];

const headerValues = inMap("X-Any", [...unstorable, ...lineBreaks]);
const headerNames = (names: readonly string[]): BadValue[] =>
  names.map((header) => bad(`the header name ${JSON.stringify(header)}`, { [header]: "x" }, [header]));
const tooManyHeaders = bad(
  "51 headers",
  Object.fromEntries(Array.from({ length: 51 }, (_none, index) => [`X-${index}`, "x"])),
);
const oddNames = ["", "X Any", "X-Any:", "X-Any\r\nBcc", "X-Äny", "X\u0000", "X\ud83d"];
const mailHeaders: readonly BadValue[] = [
  ...headerValues,
  ...headerNames([
    ...oddNames,
    "x".repeat(77),
    ...["From", "to", "BCC", "Subject", "Date", "Message-ID", "Received", "DKIM-Signature", "Content-Type"],
    ...["MIME-Version", "Return-Path", "Authentication-Results", "Sender", "Resent-Bcc"],
  ]),
  bad("a value of 999 characters", { "X-Any": "x".repeat(999) }, ["X-Any"]),
  tooManyHeaders,
];
const webhookHeaders: readonly BadValue[] = [
  ...headerValues,
  ...headerNames([
    ...oddNames,
    "x".repeat(101),
    ...["Host", "content-length", "Transfer-Encoding", "svix-id", "webhook-signature", "User-Agent"],
  ]),
  bad("a value of 4097 characters", { "X-Any": "x".repeat(4097) }, ["X-Any"]),
  bad("a value that is not Latin-1", { "X-Any": "例" }, ["X-Any"]),
  bad("no entries", {}),
  tooManyHeaders,
];

const content = "aGk=";
const attachment = (fields: Record<string, unknown>, ...at: string[]): Pick<BadValue, "value" | "at"> => ({
  value: [{ filename: "a.txt", content, ...fields }],
  at: [0, ...at],
});
const attachments: readonly BadValue[] = [
  ...["filename", "content_type", "content_id"].flatMap((field) =>
    [...unstorable, ...lineBreaks, bad("999 characters", "x".repeat(999))].map(({ says, value }) => ({
      says: `${says} in ${field}`,
      ...attachment({ [field]: field === "content_type" ? `text/${value}` : value }, field),
    })),
  ),
  ...["text", "text/", "/plain", "text/plain/x", "text plain", "multipart/mixed", ""].map((type) => ({
    says: `the media type ${JSON.stringify(type)}`,
    ...attachment({ content_type: type }, "content_type"),
  })),
  ...["a", "aGk=a", "====", "aG k=", "data:text/plain;base64,aGk=", "hü", "aGk!", "a\u0000=="].map(
    (value) => ({
      says: `the content ${JSON.stringify(value)}`,
      ...attachment({ content: value }, "content"),
    }),
  ),
  { says: "neither content nor url", ...attachment({ content: undefined }) },
  { says: "both content and url", ...attachment({ url: "https://files.example.com/a" }) },
  { says: "a bad one behind a good one", value: [{ content }, { content: "!" }], at: [1, "content"] },
  bad("101 attachments", Array(101).fill({ content })),
  bad("5000 attachments", Array(5000).fill({})),
];

const url: readonly BadValue[] = [
  ...unstorable,
  ...[
    "",
    "hooks.example.com",
    "//hooks.example.com/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/plain,x",
    "gopher://hooks.example.com/",
    "http://hooks.example.com/",
    "https://user:password@hooks.example.com/",
    "https://user@hooks.example.com/",
    "https://localhost/",
    "https://localhost./",
    "https://sub.localhost/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://192.168.1.1:8443/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://hooks.example.com/#fragment",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:25/",
    "https://",
    `https://hooks.example.com/${"x".repeat(2048)}`,
  ].map((value) => bad(`the URL ${JSON.stringify(value.slice(0, 50))}`, value)),
];

const noEventTypes: readonly BadValue[] = [
  ...unstorable,
  ...["", "message", "message.*", "*", "MESSAGE.RECEIVED", "message.received "].map((value) =>
    bad(`the event type ${JSON.stringify(value)}`, value),
  ),
];
const eventTypes: readonly BadValue[] = [
  ...inList(noEventTypes),
  bad("an unknown type behind a known one", ["message.received", "message.unknown"], [1]),
  bad("5000 types", Array(5000).fill("message.received")),
];

const nobody = "0190a000-0000-7000-8000-00000000dead";
const absent = (says: string, value: unknown): BadValue => ({ says, value: [value], status: 404 });
const podIds: readonly BadValue[] = [
  ...inList(unstorable),
  absent("a pod that is not there", nobody),
  absent("an address for a pod", "one.of-all@rookery.localhost"),
  absent("an empty id", ""),
  bad("11 pods", Array(11).fill(nobody)),
];
const inboxIds: readonly BadValue[] = [
  ...inList(unstorable),
  absent("an inbox that is not there", "nobody@rookery.localhost"),
  absent("a UUID for an address", nobody),
  absent("an empty id", ""),
  absent("an address of 10,000 characters", `${"x".repeat(10_000)}@rookery.localhost`),
  bad("11 inboxes", Array(11).fill("one.of-all@rookery.localhost")),
];
/** Removing what is not there changes nothing, so only what cannot be a list is refused. */
const removed: readonly BadValue[] = [...inList(unstorable), bad("5000 entries", Array(5000).fill("x"))];

const metadata: readonly BadValue[] = [
  ...inMap("key", unstorable),
  ...["a\u0000b", "cut \ud83d", "x".repeat(257)].map((key) =>
    bad(`the key ${JSON.stringify(key.slice(0, 10))}`, { [key]: "x" }, [key]),
  ),
  bad("a value of 257 characters", { key: "x".repeat(257) }, ["key"]),
  bad("257 keys", Object.fromEntries(Array.from({ length: 257 }, (_none, index) => [`key-${index}`, 1]))),
  bad("a nested map", { key: { key: 1 } }, ["key"]),
];
const permissions: readonly BadValue[] = [
  ...["a\u0000b", "cut \ud83d"].map((key) => bad(`the name ${JSON.stringify(key)}`, { [key]: true }, [key])),
  bad("a name of 65 characters", { ["x".repeat(65)]: true }),
  bad("81 flags", Object.fromEntries(Array.from({ length: 81 }, (_none, index) => [`flag_${index}`, true]))),
];

const notDomains: readonly BadValue[] = [
  ...unstorable,
  ...[
    "",
    "mail",
    "mail.example.com.",
    ".example.com",
    "mail..example.com",
    "*.example.com",
    "my_mail.example.com",
    "-mail.example.com",
    "mail-.example.com",
    "127.0.0.1",
    "[::1]",
    "mail.example.123",
    "müller.example.com",
    "example.com:25",
    "https://example.com",
    "a@example.com",
    "mail example.com",
    "example.com\n",
    `${"x".repeat(64)}.example.com`,
    `${"x.".repeat(125)}example.com`,
  ].map((value) => bad(`the domain ${JSON.stringify(value.slice(0, 30))}`, value)),
];
const newDomain: readonly BadValue[] = [
  ...notDomains,
  ...["com", "co.uk", "github.io"].map((value) => bad(`the public suffix ${value}`, value)),
  ...["rookery.localhost", "MAIL.rookery.LOCALHOST"].map(
    (value): BadValue => ({ says: value, value, status: 403 }),
  ),
];
/** The same where a name that is taken is a conflict. */
const managedDomain: readonly BadValue[] = newDomain.map((one) =>
  one.status === 403 ? { ...one, status: 409 } : one,
);
const connectorScope: readonly BadValue[] = [...inList(unstorable), bad("17 KB", ["x".repeat(17_000)])];
const inboxDomain: readonly BadValue[] = [
  ...notDomains,
  { says: "a domain that is not verified", value: "nobody-mail.com", status: 403 },
];
const username: readonly BadValue[] = [
  ...unstorable,
  ...lineBreaks,
  ...["", " ", "a b", "a@b", "a+b", "a/b", ".a", "a.", "a..b", "ü", "a%b", '"a"', "a*", "x".repeat(65)].map(
    (value) => bad(`the username ${JSON.stringify(value.slice(0, 10))}`, value),
  ),
  { says: "a taken username", value: "one.of-all", status: 403 },
  { says: "a taken username in upper case", value: "ONE.of-all", status: 403 },
];

const ids = (most: number): readonly BadValue[] => [
  ...inList(unstorable),
  bad("no ids", []),
  bad("one id twice", ["<a@host.test>", "<a@host.test>"]),
  bad(
    `${most + 1} ids`,
    Array.from({ length: most + 1 }, (_none, index) => `<${index}@host.test>`),
  ),
  bad(
    "5000 ids",
    Array.from({ length: 5000 }, (_none, index) => `<${index}@host.test>`),
  ),
];
/** A moment that is not over. */
const future: readonly BadValue[] = [
  bad("a moment that is over", "2020-01-01T00:00:00Z"),
  bad("a day without a time", "2999-01-01"),
  bad("a time without Z or an offset", "2999-01-01T00:00:00"),
  bad("a day that is not", "2999-02-30T00:00:00Z"),
  bad("an empty text", ""),
];
/** When something is to happen: what is over means now. */
const sendAt: readonly BadValue[] = [
  ...future.filter(({ says }) => says !== "a moment that is over"),
  bad("ten years ahead", new Date(Date.now() + 3653 * 86_400_000).toISOString()),
  bad("the last moment that there is", "+275760-09-13T00:00:00Z"),
  ...["+24:00", "+1", "+5:45", " 05:30", "+05:60", "Europe/Berlin"].map((offset) =>
    bad(`the offset ${offset}`, `2026-01-01T00:00:00${offset}`),
  ),
  bad("milliseconds", Date.now()),
];
/** Refused by name, so that no caller believes to have a key of another kind. */
const unsupported: readonly BadValue[] = [bad("anything", "x"), bad("a map", {})];

export const kinds = {
  flag,
  text,
  headerText,
  name,
  displayName,
  clientId,
  recipients,
  replyTo,
  labels,
  mailHeaders,
  webhookHeaders,
  attachments,
  url,
  eventTypes,
  podIds,
  inboxIds,
  removed,
  metadata,
  permissions,
  newDomain,
  managedDomain,
  connectorScope,
  inboxDomain,
  username,
  batchGetIds: ids(500),
  batchUpdateIds: ids(50),
  future,
  sendAt,
  unsupported,
} as const;

export type FieldKind = keyof typeof kinds;
