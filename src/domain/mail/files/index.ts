export type { CreateFile } from "./check.ts";
export { completeFile } from "./complete.ts";
export { createFile } from "./create.ts";
export { deleteFile } from "./delete.ts";
export { type ByteRange, findLink, type Linked, openLink } from "./download.ts";
export type { CreatedFile, FileLink, InboxFile, LinkedFile } from "./file.ts";
export { getFile } from "./get.ts";
export {
  DEFAULT_FILES_PAGE,
  MAX_FILE_BYTES,
  MAX_FILES,
  MAX_FILES_BYTES,
  MAX_FILES_PAGE,
  MAX_OWN_FILES_AT_ONCE,
  MAX_PATH_BYTES,
  UPLOAD_SECONDS,
} from "./limits.ts";
export { byPath, type ListFiles, listFiles } from "./list.ts";
export { deleteEndedFiles } from "./store.ts";
export { openUpload, type Upload, type UploadHeaders, type UploadParts } from "./upload.ts";
export { type FilePiece, readFilePieces } from "./whole-store.ts";
