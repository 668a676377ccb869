/** One line of JSON per event. Fields are ids and counts; secrets and content are never printed, whoever passes them. */
import { type DestinationStream, pino } from "pino";

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
  // What PostgreSQL's errors say of the rows and values they are about.
  "detail",
  "where",
  "internalQuery",
]);

/** Levels of fields inside fields that are printed: an error holds its request, and that its headers. */
const MAX_DEPTH = 8;

/** @param destination standard error when absent, so that standard output stays the program's own */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => shownFields(fields, 0),
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination ?? pino.destination({ dest: 2, sync: false }));
}

/** The library's own way to hide fields needs their depth; an error a library throws has them at any. */
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
