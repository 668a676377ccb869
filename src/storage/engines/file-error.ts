/** What a failed file operation means to the operator. */
import { codeOf } from "../../lib/error-code.ts";
import { EngineError, EngineSetupError } from "./engine.ts";

/**
 * Turns a file error into one sentence.
 * @param what the part of the sentence that says what could not be done, without a full stop
 */
export function fileError(what: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const kind = lasting.has(codeOf(error)) ? EngineSetupError : EngineError;
  return new kind(`${what}: ${reasonOf(error)}`, { cause: error });
}

/** Codes of errors that stay until a setting or a right is changed; a full disk may have room the next time. */
const lasting = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "EEXIST",
  "ENOTDIR",
  "ENOENT",
  "ELOOP",
  "ENAMETOOLONG",
  "ENOTSUP",
]);

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
    case "ENOENT":
      return "nothing can be made in that place (ENOENT). Set ROOKERY_DATA_DIR to a directory on a disk.";
    default:
      return `${error instanceof Error ? error.message : String(error)}. Set ROOKERY_DATA_DIR elsewhere if this persists.`;
  }
}
