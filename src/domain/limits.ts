/** Bounds of the domain: each with its unit, and why it is that and not another. Every layer has a file of its own. */

/** Items on a page when the caller names no number: a screenful, and small enough to be one quick query. */
export const DEFAULT_PAGE_SIZE = 50;
/** Rows of messages or threads fetched at once: reading a hundred takes the event loop for about a millisecond. */
export const KEYSET_PIECE_ROWS = 100;
/** Bytes of the messages of one page, as the database knows them without reading them; a page has one message at least. A thousand of them, with bodies of 25 MB each, would end the process; with 32 MB a page took it half a second. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** Recipients of one message over to, cc and bcc (contract 9.1). */
export const MAX_RECIPIENTS = 50;
/** Labels on one message, and characters of one label (contract (c) 20). */
export const MAX_LABELS = 100;
export const MAX_LABEL_LENGTH = 256;
/** Attachments of one outgoing message. Beyond it an archive is the better form. */
export const MAX_ATTACHMENTS = 100;
/** Of those, given by URL: they are fetched one after the other while the caller waits. */
export const MAX_ATTACHMENT_URLS = 20;
/** Milliseconds to fetch all of a message's URLs: half of what the official client waits for an answer. */
export const ATTACHMENT_FETCH_MS = 30_000;
/** Redirects followed for one URL: a short link, a move to https, a signed link. */
export const MAX_ATTACHMENT_REDIRECTS = 3;
/** Caller's own headers on one outgoing message. */
export const MAX_CUSTOM_HEADERS = 50;
/** Octets of one header value we write (RFC 5322 section 2.1.1 line bound). */
export const MAX_HEADER_VALUE_LENGTH = 998;
/** Message-IDs kept of a References header, newest last: enough to find an ancestor of any real thread. */
export const MAX_REFERENCES = 100;
/** Messages of a thread that one label change may touch (contract 9.4: 422 from here on). */
export const MAX_THREAD_UPDATE_MESSAGES = 100;
/** Characters of names people read: pods, keys, display names. */
export const MAX_NAME_LENGTH = 256;
/** Characters of what a policy has at the end of each mail: several lines of a legal text. */
export const MAX_FOOTER_LENGTH = 1000;
/** Characters of an inbox's state, which is the caller's own word (nylas 2.2). */
export const MAX_STATE_LENGTH = 256;
/** Characters of an app password (nylas 2.2): what clients of IMAP and submission can be given. */
export const MIN_APP_PASSWORD_LENGTH = 18;
export const MAX_APP_PASSWORD_LENGTH = 40;
/** App passwords compared at once: each takes some 40 ms of one of the four threads that Node has for such work, and 16 MB. */
export const MAX_SIGN_INS_AT_ONCE = 2;
/** Of one client that wait for that: two seconds, after which it is told to come again. */
export const MAX_SIGN_INS_QUEUED = 50;
/** Characters of a client_id and of an Idempotency-Key (contract 5). */
export const MAX_CLIENT_ID_LENGTH = 256;
/** Hours an Idempotency-Key is remembered (contract 5.2). */
export const IDEMPOTENCY_HOURS = 24;
/** Keys of an inbox's metadata, and characters of a key or text value (contract 7.5). */
export const MAX_METADATA_KEYS = 256;
export const MAX_METADATA_LENGTH = 256;
/** Pods or inboxes one webhook endpoint may name, each (contract 6.11). */
export const MAX_WEBHOOK_TARGETS = 10;
/** Bytes of an event as webhooks, sockets and consumers are given it; above it the message's bodies are left out (contract 12.3). */
export const MAX_EVENT_BODY_BYTES = 1_000_000;
/** Subscriptions that are polled: of one inbox, of one pod beside those, and of the organization beside its pods (agentmail-newest 5.6). */
export const MAX_POLLING_WEBHOOKS = 10;
/** Endpoints of one inbox, of one pod beside those, and of the organization: an event is delivered to all that listen. */
export const MAX_WEBHOOKS = 100;
/** Addresses of an inbox beside its own; who wants more makes it a catch-all. */
export const MAX_ALIASES = 100;
/** Domains of one pod, and of the organization beside its pods, that are not verified: each is looked up again and again. */
export const MAX_UNVERIFIED_DOMAINS = 100;
/** Milliseconds between checks of a verified domain: its records seldom change, and mail that leaves meanwhile is only not believed. */
export const DOMAIN_CHECK_MS = 86_400_000;
/** Checks of a domain that is not verified since it was last asked for: two days, then three weeks of one a day. */
export const MAX_UNVERIFIED_CHECKS = 33;
/** Checks in a row, and milliseconds from the first to the last, after which a domain that was verified is no longer: a name server's bad day is neither. */
export const BROKEN_DOMAIN_CHECKS = 5;
export const BROKEN_DOMAIN_MS = 172_800_000;
/** Texts that are kept of what is published in place of a record, and characters of each: enough to see whose they are. */
export const MAX_FOUND_RECORDS = 5;
export const MAX_FOUND_LENGTH = 500;
/** DKIM keys that a process keeps opened: about 2 KB each. */
export const DKIM_SIGNERS_REMEMBERED = 4000;
/**
 * Milliseconds that the record of a DKIM key stays published when another signs: mail that it signed may wait for five days, and is
 * looked at by filters for some time after it arrived.
 */
export const DKIM_RETIRING_MS = 8 * 86_400_000;
/** Entries of one list of one inbox, pod or organization: who has more lists domains. */
export const MAX_LIST_ENTRIES = 10_000;
/** Drafts of one inbox: a campaign that is scheduled, a few times over. */
export const MAX_DRAFTS = 50_000;
/** Days ahead for which a draft may be scheduled: a year, its leap day included. */
export const MAX_SCHEDULE_DAYS = 366;
/** Drafts of one pod sent in a turn, one after the other: some 100 ms, after which another pod has its own. */
export const MAX_DUE_DRAFTS = 16;
/** Tries of a scheduled draft that the server is at fault for, after which it has failed: the waits between them double from a second on, a quarter of an hour in all. */
export const MAX_DRAFT_TRIES = 10;
/** Suppressed addresses of one pod that callers may bring it to, and of one request: a list that was kept elsewhere for years. What bounces adds to them is bounded by what is sent. */
export const MAX_SUPPRESSIONS = 500_000;
export const MAX_SUPPRESSIONS_AT_ONCE = 1000;
/** Policies of an organization: a product has a few tiers, and some tenants their own. */
export const MAX_POLICIES = 1000;
/** Media types, and names of folders, of one policy. */
export const MAX_ATTACHMENT_TYPES = 100;
export const MAX_POLICY_FOLDERS = 100;
/** Pods that are named when one keeps something from being deleted: enough to begin with. */
export const MAX_NAMED_PODS = 10;
/** Pods whose limits a process remembers; an entry is about 400 bytes. */
export const LIMITS_CACHE_ENTRIES = 20_000;
/** Rules of an organization: a few of each of many tenants. Those in force on sends of every pod are compiled together. */
export const MAX_RULES = 10_000;
/** Rules that one pod has attached: ten times what is measured in docs/benchmarks.md, and still well under a millisecond a message. */
export const MAX_POD_RULES = 1000;
/** Conditions, and actions, of one rule: longer ones are value lists. */
export const MAX_RULE_CONDITIONS = 50;
export const MAX_RULE_ACTIONS = 20;
/** Characters of a value of a condition or an action, and of a value on a list (nylas 4.2). */
export const MAX_RULE_VALUE_LENGTH = 500;
/** Characters that describe a rule or a list, for people to read. */
export const MAX_DESCRIPTION_LENGTH = 2000;
/** Value lists of an organization, and values on one: each is a row, looked up by index. */
export const MAX_VALUE_LISTS = 1000;
export const MAX_VALUE_LIST_ITEMS = 100_000;
/** Values added or removed in one request (nylas 4.4). */
export const MAX_LIST_ITEMS_REQUEST = 1000;
/** Conditions of compiled rules that a process remembers, over all pods: about 300 bytes each. */
export const MAX_COMPILED_CONDITIONS = 200_000;
/** Pods of which a process remembers what rules they have attached: about 200 bytes each. */
export const MAX_PODS_WITH_KNOWN_RULES = 100_000;
/** Addresses of which a process remembers what value lists their rules name: about 150 bytes each. */
export const MAX_ADDRESSES_WITH_KNOWN_LISTS = 50_000;
/**
 * How long what rules found at RCPT holds for the mail behind it, in milliseconds: sending takes a second or two. So long may a change of
 * a value list not concern a mail that is on its way.
 */
export const MAX_EARLY_VERDICT_MS = 10_000;
/** Messages that one trial of a rule or a policy judges, and reports of what that would have done: an answer of some megabytes at most. */
export const MAX_TRIAL_MESSAGES = 100_000;
export const MAX_TRIAL_MATCHES = 10_000;
/** Milliseconds that a trial takes: as long as the official client waits for an answer. */
export const MAX_TRIAL_MS = 60_000;
/** Messages judged in one transaction of a trial, and inboxes looked at for them: a few milliseconds, or some tens where each send is a statement. */
export const TRIAL_BATCH_MESSAGES = 500;
export const TRIAL_BATCH_INBOXES = 50;
/** Days that a trial goes back when its caller says nothing. */
export const DEFAULT_TRIAL_DAYS = 7;
/** Threads of an inbox, newest first, in whose labels a folder that a rule names is looked for. */
export const MAX_FOLDER_THREADS = 1000;
/** Custom headers of an endpoint, and octets of one value. */
export const MAX_WEBHOOK_HEADERS = 50;
export const MAX_WEBHOOK_HEADER_LENGTH = 4096;
/** Of documents whose text is taken out: bytes, bytes that their compressed parts come to, and milliseconds; characters of the text (the vendor's, contract of the newest client). */
export const MAX_DOCUMENT_BYTES = 10 * 1024 * 1024;
export const MAX_DOCUMENT_INFLATED_BYTES = 50 * 1024 * 1024;
export const MAX_DOCUMENT_MS = 10_000;
export const MAX_DOCUMENT_CHARACTERS = 250_000;
/** Seconds a download link works (contract 9.7: about an hour). */
export const DOWNLOAD_SECONDS = 3600;
/** Milliseconds an authenticated key is believed without asking again, when revocation notices arrive. */
export const KEY_CACHE_MS = 5000;
/** Keys remembered per process; an entry is about 500 bytes. */
export const KEY_CACHE_ENTRIES = 20_000;
/** Milliseconds a token that is no key is refused without asking again. None can become a key meanwhile: a key's token is drawn when it is made, and nobody has it before. */
export const UNKNOWN_KEY_MS = 1000;
/** Tokens looked up in one statement. Those of more callers wait for the next. */
export const MAX_KEY_LOOK_UPS = 200;
/** A key's last use is written at most this often, milliseconds: one update a minute, not one a request. */
export const KEY_USED_INTERVAL_MS = 60_000;
/** Copies of mails committed together, one for each inbox that a mail is for. Larger groups gain nothing measurable and make everybody in them wait longer. */
export const MAX_INGEST_GROUP = 64;
/** Copies of one pod in such a group while others are there: they take some 10 ms, and each group 3 besides. */
export const MAX_SHARED_COPIES = 16;
/** Bytes of mail committed together: a statement is held in memory several times over, and may have 1 GB at most. */
export const MAX_INGEST_GROUP_BYTES = 32 * 1024 * 1024;
/** Bytes of sends committed together; what they write is in memory several times over, and a larger mail goes alone. */
export const MAX_SHARED_BYTES = 4 * 1024 * 1024;
/** Characters of message texts in one statement: with its quotes it is a string, and as bytes, several times over. V8's longest string has 512 Mi. */
export const MAX_STATEMENT_CHARACTERS = 32 * 1024 * 1024;
/** Milliseconds that a statement of ingest waits for a lock: ten times a commit on a busy machine. While a group waits, all mail of the process does. */
export const INGEST_LOCK_TIMEOUT_MS = 250;
/** Milliseconds that a mail whose rows are locked is tried before its sender is told to come again: PostgreSQL ends a process that stopped in mid-commit after five seconds. */
export const MAX_INGEST_LOCK_WAIT_MS = 8000;
/** Such mails tried at once, first and again: each holds a connection for as long as it waits. */
export const MAX_LOCKED_MAILS = 2;
/** Messages of one pod delivered to inboxes here at once: what one group commit takes. */
export const MAX_DELIVERY_BATCH = MAX_INGEST_GROUP;
/** The same while other tenants have work: they are prepared in one turn of the event loop, some 0.2 ms each. */
export const MAX_SHARED_DELIVERY_BATCH = 2 * MAX_SHARED_COPIES;
/** Bytes of those together, or one message: all are in memory. */
export const MAX_DELIVERY_BATCH_BYTES = 16 * 1024 * 1024;
/** Pods with something due that one look finds: the next look finds the rest, when those are done. */
export const MAX_PODS_FOUND = 1000;
/** Bytes of a mail from which on it is read and written on a thread of its own; smaller ones hold the event loop for a few milliseconds, and most mail is smaller. */
export const LARGE_MAIL_BYTES = 256 * 1024;
/** Large mails read or committed at once: each is in memory some eight times over until it is stored. */
export const MAX_LARGE_MAILS = 2;
/** Large mails that one inbox submits and that wait for their turn: more than its connections. */
export const MAX_LARGE_SUBMISSIONS_QUEUED = 100;
/** Bytes of one piece in which stored bytes are read: few round trips for a large mail, and a few megabytes of heap. */
export const BLOB_PIECE_BYTES = 2 * 1024 * 1024;
/** Worker threads that read and compose large mails. */
export const MAX_MIME_THREADS = 2;
/** Flags of one key's permission object: twice what the product has, so that a newer client's are still kept (contract 2.5). */
export const MAX_PERMISSION_FLAGS = 80;
/** Characters of one flag's name. The longest permission has 26. */
export const MAX_PERMISSION_NAME_LENGTH = 64;
/** Sign-ups of agents from one network in an hour: a household's or an office's, and not a flood of organizations. */
export const SIGN_UPS_PER_NETWORK = 10;
export const SIGN_UP_WINDOW_MS = 3_600_000;
/** Tries at a code of six digits, and its life: one in 100,000 is guessed (contract 15). */
export const MAX_CODE_TRIES = 10;
export const CODE_LIFE_MS = 86_400_000;
/** Codes mailed to one human in a day: sign-up is no way to fill a stranger's mailbox. */
export const MAX_CODES_PER_DAY = 5;
/** How often the human of an organization may be replaced before it is verified (contract 8.2). */
export const MAX_HUMANS_REPLACED = 2;
/** Recipients that an organization may write to in a day before it is verified (contract 15). */
export const MAX_UNVERIFIED_RECIPIENTS = 10;
/** Characters of what a sign-up says of where it comes from. AgentMail's own bound. */
export const MAX_SOURCE_LENGTH = 2048;
/** Characters of a note on a scanner's verdict, and of the reason to release a message. AgentMail's own bound. */
export const MAX_VERDICT_NOTE_LENGTH = 2048;
/** Messages one batch may read, and one may change (contract 17). */
export const MAX_BATCH_GET = 500;
export const MAX_BATCH_UPDATE = 50;
/** Seconds before each retry of a webhook, after the first attempt at once (contract 12.3: Svix's schedule). */
export const WEBHOOK_RETRY_SECONDS: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
/** Days of nothing but failures after which an endpoint is switched off. */
export const WEBHOOK_DISABLE_DAYS = 5;
/** Deliveries to one endpoint that a page of them looks at, where some are left out: 30 ms. What is behind them is on the next page. */
export const MAX_DELIVERIES_READ = 2000;
/** Failed deliveries that are made due again at once: half a second, and an hour of what an endpoint in use missed. Who has more asks again. */
export const MAX_RECOVERED = 10_000;
/** Of those, due in each second: an endpoint that has just been mended is not to be buried at once. */
export const RECOVERED_PER_SECOND = 100;
/** Milliseconds an endpoint has to answer. */
export const WEBHOOK_TIMEOUT_MS = 15_000;
/** Unreferenced blobs, or copies of deleted messages, deleted in one transaction. */
export const SWEEP_BATCH = 200;
/** Days that an expired key is kept, so that who still presents it learns that it has expired, and its name shows in lists. */
export const EXPIRED_KEY_DAYS = 30;
/** Seconds for which a key that was replaced may go on working: a month, within which everything is deployed anew. */
export const MAX_OVERLAP_SECONDS = 30 * 24 * 3600;
/** Names of keys, and tenants, that one request rotates the keys of: a document's names, and a batch of its tenants. */
export const MAX_ROTATED_NAMES = 100;
export const MAX_ROTATED_TENANTS = 1000;
/** Keys given new secrets in one transaction: some 50 ms, after which others have their turn and the caller its secrets. */
export const ROTATED_KEYS = 500;
/** Rows deleted in one transaction by retention: with the deliveries and attempts of as many events it takes under 100 ms, and holds no lock that a request waits for longer. */
export const PRUNE_BATCH = 1000;
/** Messages that one such transaction deletes when their time is over: their threads are locked, and their aggregates written anew. */
export const RETENTION_BATCH = 200;
/** Such transactions in one job, which then lets other jobs have its place: a few seconds. */
export const MAX_PRUNE_BATCHES = 20;
/** Pods that one such job looks at: each is a query of a fraction of a millisecond. */
export const PRUNE_PODS = 200;
/** Milliseconds between one pruning and the next: what a deleted inbox left is to be gone soon, and a look at every pod costs seconds of the database. */
export const PRUNE_INTERVAL_MS = 3_600_000;
/** Organizations of one installation whose audit is pruned: there is one today. */
export const MAX_ORGANIZATIONS = 1000;
/** Servers a mail may have passed on its way here (RFC 5321 section 6.3 asks for at least 100). One with more goes in a circle. */
export const MAX_HOPS = 100;
/** Milliseconds that counting all that waits may take: five times what a million rows took, and below what a scrape waits for. */
export const QUEUE_DEPTHS_MS = 5000;
/** Milliseconds in which the messages that an inbox sends in one thread are counted (ROOKERY_THREAD_SENDS_PER_HOUR). */
export const THREAD_PACE_MS = 3_600_000;
/** Of those, after which a bounce or the answer of a program is not answered any more: a person is not there, and a program answers again. */
export const MAX_SENDS_AFTER_AUTOMATIC = 3;
/** Senders, and recipients, shown of one thread, in the order they joined: each mail may name a thousand, and its row is written anew with each. */
export const MAX_THREAD_PEOPLE = 1000;
/** Attachments shown of one thread in lists and at its head, oldest first; each message shows all of its own. */
export const MAX_THREAD_ATTACHMENTS = 100;

/** Tenants made in one transaction: a larger batch is hardly faster, holds its connection and its names longer, and loses more when it is interrupted. */
export const MAX_FLEET_BATCH = 1000;
/** Pods, inboxes, keys and webhooks of such a batch: twice what a thousand tenants with two inboxes, four keys and a webhook have. One statement carries all of a kind. */
export const MAX_FLEET_OBJECTS = 16_000;
/** Milliseconds that one statement of what works on everything (all that an inbox or pod holds, a sweep of a large pod, thousands of creates) may take. A million messages are deleted in a few minutes. */
export const LONG_STATEMENT_MS = 10 * 60_000;
/** Milliseconds that a message sent here waits for an inbox that is paused, full or over a limit before it bounces: as long as other servers try (RFC 5321 section 4.5.4.1). */
export const MAX_WAIT_FOR_INBOX_MS = 5 * 24 * 3600 * 1000;
/** Seconds between two looks at the queued copies of a paused or suspended sender, and at webhooks of a suspended pod: how late they are afterwards. A look reads no bytes. */
export const HELD_COPIES_SECONDS = 300;
/** Minutes that an endpoint must have done nothing but fail before the inboxes it serves count as unhealthy: one that restarts is none. */
export const WEBHOOK_FAULT_MINUTES = 15;
/** Failing endpoints looked at for a page of accounts, whose pods have 100 at most each: what is beyond only adds to what is known. */
export const MAX_PAGE_FAULTS = 1000;
/** Pods that are paused, or endpoints that fail, which a list by status can tell apart: as many as it is built for accounts. */
export const MAX_FAULTY_OWNERS = 100_000;
/** Milliseconds between two looks for organizations whose inboxes are to be counted anew: until then a page that is far behind takes longer. */
export const RANK_INTERVAL_MS = 15_000;
/** Of so many inboxes the place of one is kept: a page by offset skips as many entries of an index at most, 0.2 ms. */
export const RANK_STEP = 1000;
/** Milliseconds that counting one organization may take: 100,000 inboxes take 0.3 s. */
export const RANK_STATEMENT_MS = 60_000;
/** Domains of its inboxes that a list by status asks about: one look-up of an index each. */
export const MAX_DOMAINS_IN_USE = 10_000;
/** Callback URIs of one organization: one for each client of it, few enough to be answered whole. */
export const MAX_CALLBACK_URIS = 100;
/** Characters of a callback URI: what browsers take (RFC 9110 section 4.1 recommends 8000, but some end far below). */
export const MAX_CALLBACK_URL_LENGTH = 2048;
/** JSON of one object that is kept for a caller and given back, bytes: twenty texts of several hundred characters. */
export const MAX_KEPT_BYTES = 16_384;

/** Messages, events or other rows of an inbox moved to another pod in one transaction: a second or less, during which their threads are locked. */
export const MOVE_BATCH = 1000;

/** Bytes of mail moved in one transaction, or one thread: the database copies them. */
export const MOVE_BATCH_BYTES = 64 * 1024 * 1024;

/** Such transactions in one job, which then lets other jobs have its place. */
export const MAX_MOVE_BATCHES = 20;

/** Milliseconds for which a webhook delivery that moves is not due: longer than an attempt under way may take. */
export const MOVED_DELIVERY_MS = 20_000;

/** Inboxes that one request assigns to a pod, and that it takes out of it (nylas 2.1). */
export const MAX_ASSIGNED = 500;

/** Inboxes looked at, or moved, in one transaction of a job that groups them or empties a pod. */
export const MOVED_INBOXES = 200;

/** Milliseconds between two groupings of an organization's inboxes by domain (nylas 1.8). */
export const GROUPING_INTERVAL_MS = 60_000;

/** Milliseconds until a pod that is being deleted is looked at again, while inboxes of it are on their way out. */
export const DISSOLVE_LOOK_MS = 1000;

/** Pods that a job looks at, and closes, in one transaction when their grace is over: a fleet's worth of tenants that left on one day. */
export const MAX_PODS_CLOSED = 1000;

/** Closed pods deleted whole in one transaction. */
export const ERASED_PODS = 100;

/** Rows of closed pods deleted in one transaction: a tenth of a second, after which others have the database. */
export const ERASE_BATCH = 2000;

/** Such transactions in one job, which then lets other jobs have its place: a few seconds. */
export const MAX_ERASE_BATCHES = 20;

/** Objects, and messages, of an export read in one transaction. */
export const EXPORT_OBJECTS = 1000;
export const EXPORT_MESSAGES = 200;

/** Bytes of those messages, or one of them: all are in memory. */
export const EXPORT_BYTES = 8 * 1024 * 1024;

/** Pods in one list without pages, which is written as it is read: 290 MB, and no client in JavaScript holds a text of twice that. */
export const MAX_PODS_LISTED = 1_000_000;

/** Newest deliveries of an organization that are looked at for those to a domain or in a state, before each pod is asked: some 20 ms. */
export const DELIVERIES_LOOKED_AT = 10_000;

/** Messages or threads that are read for one page of those in which a text stands, after which it ends with what was found: 1 to 4 µs each. */
export const ROWS_NARROWED = 100_000;
/** Domains that a look at the queue names, those with most waiting: more is no overview. */
export const MAX_QUEUE_DOMAINS = 1000;
/** Of metrics: points of one answer, and days that they go back (contract 14). */
export const MAX_METRIC_POINTS = 1000;
export const METRIC_DAYS = 90;
/** Days that events are read one by one for periods that are no hours: some 100,000 of a million in a month. */
export const METRIC_FINE_DAYS = 3;
/** Seconds from one point of metrics to the next, at most. */
export const MAX_METRIC_PERIOD_SECONDS = 86_400;
/** Seconds of rolling rates: from one point to the next, and how far each looks back, when the caller says nothing; and at most (contract 8.2). */
export const DEFAULT_RATE_PERIOD_SECONDS = 3600;
export const DEFAULT_RATE_WINDOW_SECONDS = 86_400;
export const MAX_RATE_WINDOW_SECONDS = 2_592_000;
/** Seconds from each attempt at another server to the next: soon after the first, as greylisting asks, then as RFC 5321 section 4.5.4.1 has it, until the message is given up after MAX_WAIT_FOR_INBOX_MS. */
export const OUTBOUND_RETRY_SECONDS: readonly number[] = [60, 300, 900, 3600, 14_400];
/** Milliseconds for which a process has a delivery to itself before it must say that it still works on it: how late what a killed one was sending is tried again. */
export const OUTBOUND_LEASE_MS = 120_000;
/** Deliveries to other servers taken at once, of one pod; and the bytes of those, or one message: all are in memory. */
export const MAX_OUTBOUND_BATCH = 64;
export const MAX_OUTBOUND_BATCH_BYTES = 4 * 1024 * 1024;
/** Due deliveries of a pod that are looked at for such a batch, those that wait longest: a query of two milliseconds. */
export const OUTBOUND_WINDOW = 256;
/** Domains looked at, one found from the other, when all of those may have no more now. */
export const MAX_DOMAINS_LOOKED_AT = 500;
/** Pods looked at in one look for what is due: some 10 µs each. The next look goes on behind them. */
export const MAX_PODS_LOOKED_AT = 2000;
/** Characters of another server's reply that are kept: five lines of 80, and a server may send a megabyte. */
export const MAX_REPLY_LENGTH = 400;
/** Rates of bounces and complaints: over how many milliseconds, from how many recipients on, and what they lead to (contract 8.2). */
export const RATE_WINDOW_MS = 24 * 3600 * 1000;
export const RATES_FROM_SENDS = 1000;
export const WARN_RATE = 0.05;
export const SUSPEND_RATE = 0.1;
/** The same of one inbox (nylas 4.5), from fewer recipients on, as an agent writes to fewer; a single complaint is no rate yet. */
export const INBOX_RATES_FROM_SENDS = 100;
export const INBOX_SUSPEND_COMPLAINT_RATE = 0.005;
export const INBOX_COMPLAINTS_FROM = 3;
/** Milliseconds after which an inbox's suspension ends by itself: the time that its rates are over. */
export const INBOX_SUSPENSION_MS = RATE_WINDOW_MS;
/** Days that counts for rates are kept: those that metrics go back, and the longest window. */
export const OUTBOUND_COUNTS_DAYS = METRIC_DAYS + MAX_RATE_WINDOW_SECONDS / 86_400;
/** Days for which a return path is believed: a mail is tried for five at each server that it passes (RFC 5321 section 4.5.4.1), and people complain for weeks. */
export const RETURN_PATH_DAYS = 45;
/** Words of an inbox's address and name that it is found by, and words of what is asked for. */
export const MAX_INBOX_WORDS = 32;
export const MAX_INBOX_QUERY_WORDS = 8;
/** Words of inboxes with one beginning that are looked up together: a millisecond or two. Beginnings that more have are asked of each inbox. */
export const MAX_WORDS_LOOKED_UP = 2000;
/** Inboxes that are given their words in one transaction. */
export const INBOXES_WORDED = 1000;
/** Of each reason why the database cannot be used, a minute: of a hundred requests a second each would log the stack of its own error, 4 KB. */
export const OUTAGE_LINES_PER_MINUTE = 6;
