/**
 * Statements that leave together are answered together. The driver has PostgreSQL answer each by itself (a Sync of its own): a system call of
 * both for each, and often one time more that either process is woken and goes back to sleep, which costs more than a short statement. See
 * docs/decisions/0113-statements-in-groups.md.
 */
import pg from "pg";
import { prepareValue } from "pg/lib/utils.js";
import type { SilenceWatch } from "./line.ts";

/** Statements that one connection keeps prepared: several times those there are. */
const MAX_PREPARED = 500;

/** Name of the prepared statement, the same for the same text on every connection; none beyond the bound. */
export function nameStatements(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_PREPARED) return known;
    const name = `rookery_${names.size}`;
    names.set(text, name);
    return name;
  };
}

/** What one connection has prepared. */
class Prepared {
  /** How rows look; empty where there are none. */
  readonly columns = new Map<string, readonly Column[]>();
  /** Sent to be prepared, and not known to have failed. */
  readonly sent = new Set<string>();
  /** Of statements that failed: nobody knows whether that was before they were prepared. */
  readonly doubtful = new Set<string>();
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

export interface StatementAnswer {
  /** Tag of the command that ran, e.g. `COMMIT`. */
  readonly command: string;
  readonly rows: unknown[];
  /** Rows that it gave or changed; null for a command without such a number. */
  readonly count: number | null;
}

export interface StatementText {
  readonly text: string;
  /** Under which it is prepared, once for the connection; undefined: it is parsed each time. */
  readonly name: string | undefined;
  /** PostgreSQL's parameters from $1 on; null: a command, which has none and gives no rows. */
  readonly values: readonly (string | Buffer | null)[] | null;
}

/** @throws Error for what cannot be written */
export const parametersOf = (values: readonly unknown[]): (string | Buffer | null)[] =>
  values.map((value) => prepareValue(value));

/** About how much of a write it takes. */
const bytesOf = ({ text, values }: StatementText): number =>
  text.length + (values ?? []).reduce((sum, value) => sum + (value?.length ?? 0), 0);

/** One of a group. */
interface Member extends StatementText {
  readonly rows: unknown[];
  columns: readonly Column[];
  answer: StatementAnswer | null;
  /** Of reading a row. */
  failure: unknown;
  readonly resolve: (answer: StatementAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * For `client.query` of a client with `pipeline`, which calls the methods. What fails ends the group: PostgreSQL passes over the statements behind it,
 * which fail with its error; outside of a transaction nothing of the group is done then.
 */
class StatementGroup extends pg.Query {
  readonly #prepared: Prepared;
  readonly #onAnswered: () => void;
  readonly #members: Member[] = [];
  /** The one whose answer comes in. */
  #at = 0;

  /** @param onAnswered called when all are answered, or have failed */
  constructor(prepared: Prepared, onAnswered: () => void) {
    super("");
    this.#prepared = prepared;
    this.#onAnswered = onAnswered;
  }

  /** To be called before it is sent. */
  add(statement: StatementText): Promise<StatementAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<StatementAnswer>();
    this.#members.push({ ...statement, rows: [], columns: [], answer: null, failure: null, resolve, reject });
    return promise;
  }

  override submit = (connection: pg.Connection): void => {
    // In one write.
    connection.stream.cork();
    for (const member of this.#members) this.#write(connection, member);
    connection.sync();
    connection.stream.uncork();
  };

  #write(connection: pg.Connection, member: Member): void {
    const { text, name = "", values } = member;
    const { columns, sent, doubtful } = this.#prepared;
    if (!sent.has(name)) {
      if (doubtful.delete(name)) connection.close({ type: "S", name }, true);
      connection.parse({ text, name, types: [] }, true);
      if (name !== "") sent.add(name);
    }
    connection.bind({ statement: name, values: [...(values ?? [])] }, true);
    const known = columns.get(name);
    if (known !== undefined) member.columns = known;
    else if (values !== null) connection.describe({ type: "P" }, true);
    connection.execute({}, true);
  }

  handleRowDescription({ fields }: { readonly fields: readonly pg.FieldDef[] }): void {
    const member = this.#current;
    member.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: pg.types.getTypeParser(dataTypeID, "text"),
    }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const member = this.#current;
    try {
      member.rows.push(rowOf(member.columns, fields));
    } catch (error) {
      member.failure ??= error;
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const member = this.#current;
    const { name, columns, rows } = member;
    if (name !== undefined) this.#prepared.columns.set(name, columns);
    const [command = ""] = text.split(" ", 1);
    const count = /\d+$/.exec(text);
    member.answer = { command, rows, count: count === null ? null : Number(count[0]) };
    this.#at++;
  }

  handleEmptyQuery(): void {
    this.#current.answer = { command: "", rows: [], count: null };
    this.#at++;
  }

  handleReadyForQuery(): void {
    this.#settle(null);
  }

  handleError(error: unknown): void {
    const { columns, sent, doubtful } = this.#prepared;
    for (const [index, { name }] of this.#members.slice(this.#at).entries()) {
      if (name === undefined || columns.has(name)) continue;
      sent.delete(name);
      if (index === 0) doubtful.add(name);
    }
    this.#settle(error);
  }

  #settle(error: unknown): void {
    this.#onAnswered();
    for (const { answer, failure, resolve, reject } of this.#members)
      if (answer === null || failure !== null) reject(failure ?? error);
      else resolve(answer);
  }

  get #current(): Member {
    const member = this.#members[this.#at];
    if (member === undefined) throw new Error("PostgreSQL answers more than it was asked");
    return member;
  }
}

function rowOf(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = 0;
  for (const { name, parse } of columns) {
    const text = fields[at++] ?? null;
    row[name] = text === null ? null : parse(text);
  }
  return row;
}

/** Bytes of statements that wait for those behind them: with more, PostgreSQL had better begin. */
const MAX_GROUP_BYTES = 64 * 1024;
/** Milliseconds that a command which nobody waits for may wait for statements to leave with. */
const MAX_WAIT_MS = 5;

/** Sends one connection's statements: those that are asked for without waiting for anything in between, in one group. */
export class StatementGroups {
  readonly #client: pg.Client;
  readonly #line: Pick<SilenceWatch, "sent" | "answered">;
  readonly #prepared = new Prepared();
  /** What was not sent yet. */
  #group: StatementGroup | null = null;
  #bytes = 0;
  /** Whether it leaves at the end of what runs now; else by its timer. */
  #isLeaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: pg.Client, line: Pick<SilenceWatch, "sent" | "answered">) {
    this.#client = client;
    this.#line = line;
  }

  send(statement: StatementText): Promise<StatementAnswer> {
    const group = this.#group ?? this.#begin();
    if (!this.#isLeaving) this.#leaveSoon(group);
    const answer = group.add(statement);
    this.#bytes += bytesOf(statement);
    if (this.#bytes >= MAX_GROUP_BYTES) this.#leave(group);
    return answer;
  }

  /** Sends a command that nobody waits for with the next statement, after MAX_WAIT_MS at the latest. What it fails with is lost. */
  sendLast(statement: StatementText): void {
    // What is to be sent goes first: were it to fail, the command would be passed over behind it, and the next statement with both.
    if (this.#group !== null) this.#leave(this.#group);
    const group = this.#begin();
    group.add(statement).catch(() => undefined);
    this.#timer = setTimeout(() => this.#leave(group), MAX_WAIT_MS).unref();
  }

  #begin(): StatementGroup {
    const group = new StatementGroup(this.#prepared, () => this.#line.answered());
    [this.#group, this.#bytes] = [group, 0];
    return group;
  }

  #leaveSoon(group: StatementGroup): void {
    this.#isLeaving = true;
    // Runs when all promises are settled that can be without the event loop, and so behind the statements that these lead to; of two ticks the
    // second, because what is asked together (storage/coalescing.ts) is sent in a tick itself.
    process.nextTick(() => process.nextTick(() => this.#leave(group)));
  }

  #leave(group: StatementGroup): void {
    if (this.#group !== group) return;
    clearTimeout(this.#timer);
    [this.#group, this.#isLeaving, this.#timer] = [null, false, undefined];
    this.#line.sent();
    this.#client.query(group);
  }
}
