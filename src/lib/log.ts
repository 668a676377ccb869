/** One event per line: JSON, or text on a terminal. Fields are ids and counts; secrets and content are redacted at any depth. */
import { type DestinationStream, pino } from "pino";
import { createLineWriter } from "./line-writer.ts";
import { personLine } from "./log-line.ts";

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

const secretFields: ReadonlySet<string> = new Set([
  "authorization",
  "api_key",
  "apiKey",
  "token",
  "secret",
  "password",
  "raw",
  "body",
  "text",
  "html",
  "content",
  // Fields of PostgreSQL's errors that quote rows and values.
  "detail",
  "where",
  "internalQuery",
]);

/** Levels of nested fields that are printed: an error holds its request, and that its headers. */
const MAX_DEPTH = 8;

/** @param destination standard error when absent, so that standard output holds results only */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => shownFields(fields, 0),
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination ?? standardError());
}

/** Of a terminal that does not report its width. */
const USUAL_COLUMNS = 80;

function standardError(): DestinationStream {
  const { isTTY, columns } = process.stderr;
  if (!isTTY) return standardErrorLines();
  return { write: (json) => process.stderr.write(personLine(json, columns || USUAL_COLUMNS)) };
}

function standardErrorLines(): DestinationStream {
  const lostLine = (lines: number): string =>
    `${JSON.stringify({ level: "warn", time: new Date().toISOString(), pid: process.pid, lines, msg: "lines of the log were lost: they could not be written" })}\n`;
  const writer = createLineWriter({ descriptor: 2, lostLine });
  process.once("exit", () => writer.end());
  return writer;
}

/** pino's own redaction needs the path of a field; an error that a library throws has them at any depth. */
function shownFields(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      secretFields.has(name) ? "[hidden]" : shown(value, depth + 1),
    ]),
  );
}

function shown(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (depth > MAX_DEPTH) return "[deeper]";
  if (Array.isArray(value)) return value.map((item) => shown(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return shownFields(value instanceof Error ? pino.stdSerializers.err(value) : value, depth);
}
