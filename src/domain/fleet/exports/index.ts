export {
  type ExportCursor,
  type Exported,
  type ExportedMessage,
  exportPod,
} from "./export.ts";
export type { ListEntryRow } from "./store.ts";
