export {
  type Download,
  type Downloadable,
  type DownloadFile,
  type DownloadParts,
  openDownload,
  readLink,
  signDownload,
} from "./download.ts";
export { type ExtractParts, extractBlobText, knownText } from "./extract.ts";
export { DOWNLOAD_SECONDS } from "./limits.ts";
export { readBlob } from "./rows.ts";
export { sweepBlobs } from "./sweep.ts";
export { sweepJob } from "./sweep-job.ts";
