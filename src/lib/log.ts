/** One line of JSON per event. Fields are ids and counts; secrets and content are never printed, whoever passes them. */
import { type DestinationStream, pino } from "pino";

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

const secretFields = [
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
];

/** @param destination standard error when absent, so that standard output stays the program's own */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: "[hidden]" },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    // The key `err` is pino's own; ours is spelled out.
    serializers: { error: pino.stdSerializers.err },
  };
  return pino(options, destination ?? pino.destination({ dest: 2, sync: false }));
}
