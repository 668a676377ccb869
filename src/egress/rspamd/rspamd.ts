/**
 * Asks rspamd about a mail: POST /checkv2 with the mail as it came, and its envelope in header fields
 * (https://rspamd.com/doc/developers/protocol.html). The URL is the operator's, so that it may lie in a private network.
 */
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { asBuffer } from "../../lib/as-buffer.ts";
import { type FilterVerdict, filterActions } from "../../protocols/authentication/spam-filter.ts";
import type { ClaimedMail } from "../../protocols/authentication/verdicts.ts";
import { createGuardedClient, failureOf, type GuardParts, RequestFailure } from "../http/guarded-request.ts";
import { readWhole } from "../http/read-whole.ts";

export interface RspamdParts extends Pick<GuardParts, "resolve"> {
  /** Scheme, host and perhaps a path, without a slash at its end. */
  readonly url: string;
  /** This server's name. */
  readonly host: string;
  readonly userAgent: string;
}

export interface FilterQuestion extends ClaimedMail {
  /** Whose share of the look-ups it takes. */
  readonly tenant: string;
  /** Addresses in RCPT TO. */
  readonly recipients: readonly string[];
}

export interface Rspamd {
  /**
   * @param deadline ends the request
   * @returns null: it skips this mail by its settings
   * @throws RequestFailure when it gives no usable answer by then
   */
  check(question: FilterQuestion, deadline: AbortSignal): Promise<FilterVerdict | null>;
  close(): void;
}

/** Idle connections kept open. rspamd closes them after some seconds. */
const KEPT_SOCKETS = 16;
/** Bytes of an answer: one with every symbol and a thousand URLs has less. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Recipients that are told: each is a field, and rspamd takes some 64 KB of them. */
const MAX_RECIPIENTS = 100;
/** Octets of a field: a path has 256 (RFC 5321 section 4.5.3.1.3). */
const MAX_FIELD = 512;
/** Symbols that are kept of a verdict, and characters of a name: rspamd's own have less than 50. */
const MAX_SYMBOLS = 10;
const MAX_SYMBOL_NAME = 64;

export function createRspamd({ url, host, userAgent, resolve }: RspamdParts): Rspamd {
  const client = createGuardedClient({ allowPrivate: true, resolve }, KEPT_SOCKETS);
  return {
    async check(question, deadline) {
      const { raw, tenant } = question;
      const headers = { "user-agent": userAgent, "mta-name": host, ...envelopeOf(question) };
      const body = asBuffer(raw);
      try {
        const asked = { tenant, method: "POST", url: `${url}/checkv2`, headers, body } as const;
        return verdictOf(await textOf(await client.request(asked, deadline)));
      } catch (error) {
        throw deadline.aborted ? new RequestFailure("timeout", "no answer in time") : failureOf(error);
      }
    },
    close: () => client.close(),
  };
}

function envelopeOf({ clientAddress, clientName, envelopeFrom, recipients }: FilterQuestion) {
  const told = recipients.slice(0, MAX_RECIPIENTS).map(fieldValue);
  const [only] = told;
  return {
    ip: fieldValue(clientAddress),
    helo: fieldValue(clientName),
    from: fieldValue(envelopeFrom),
    rcpt: told,
    // For statistics and settings of one user.
    ...(told.length === 1 && only !== undefined && { "deliver-to": only }),
  };
}

/** The octets of its UTF-8, one character each, as Node writes them; no control characters, which end a field. */
const fieldValue = (text: string): string =>
  Buffer.from(text.replaceAll(/\p{Cc}/gu, ""), "utf8")
    .toString("latin1")
    .slice(0, MAX_FIELD);

async function textOf(answer: IncomingMessage): Promise<string> {
  if (answer.statusCode !== 200) {
    answer.destroy();
    throw new RequestFailure("connection", `it answered ${answer.statusCode}`);
  }
  return (await readWhole(answer, MAX_ANSWER_BYTES)).toString("utf8");
}

const reply = z.object({
  is_skipped: z.boolean().default(false),
  score: z.number(),
  required_score: z.number(),
  action: z.enum(filterActions),
  symbols: z.record(z.string(), z.looseObject({ score: z.number().default(0) })).default({}),
});

function verdictOf(text: string): FilterVerdict | null {
  const read = reply.safeParse(parsed(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new RequestFailure(
      "connection",
      `its answer is none of rspamd's: ${issue?.path.join(".")} ${issue?.message}`,
    );
  }
  const { is_skipped: isSkipped, score, required_score: requiredScore, action, symbols } = read.data;
  // A mail whose action is settled before any rule is skipped as well: the test pattern GTUBE, or settings that reject.
  if (isSkipped && action === "no action") return null;
  const weighty = Object.entries(symbols)
    .filter(([name, symbol]) => symbol.score !== 0 && name.length <= MAX_SYMBOL_NAME && /^\w+$/.test(name))
    .toSorted(([, one], [, other]) => Math.abs(other.score) - Math.abs(one.score));
  return { score, requiredScore, action, symbols: weighty.slice(0, MAX_SYMBOLS).map(([name]) => name) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
