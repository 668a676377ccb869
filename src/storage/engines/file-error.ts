/** What a failed file operation means to the operator. */
import { codeOf } from "../../lib/error-code.ts";
import { EngineError } from "./engine.ts";

/**
 * Turns a file error into one sentence.
 * @param what the part of the sentence that says what could not be done, without a full stop
 */
export function fileError(what: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  return new EngineError(`${what}: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full. Free some space, or set ROOKERY_DATA_DIR to a disk with room.";
    case "EACCES":
    case "EPERM":
      return `this account (uid ${process.getuid?.() ?? "unknown"}) has no right to (${code}). Change the owner or the rights, or set ROOKERY_DATA_DIR elsewhere.`;
    case "EROFS":
      return "the file system is read-only. Mount it writable, or set ROOKERY_DATA_DIR elsewhere.";
    case "EEXIST":
    case "ENOTDIR":
      return "it is, or lies below, a file. Set ROOKERY_DATA_DIR to a directory.";
    default:
      return `${error instanceof Error ? error.message : String(error)}. Set ROOKERY_DATA_DIR elsewhere if this persists.`;
  }
}
