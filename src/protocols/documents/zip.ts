/** Parts of a ZIP archive, such as Office documents are. */
import { type UnzipFileInfo, unzipSync } from "fflate";
import { type Bounds, Unreadable } from "./document.ts";

/** Entries that are looked at: a document has some tens, a large workbook some hundreds. */
const MAX_ENTRIES = 10_000;
/** General purpose bit flag of APPNOTE section 4.4.4. */
const ENCRYPTED = 1;
const LOCAL_HEADER = 0x04034b50;

/**
 * The entries that are wanted, by name. An entry is inflated into as much memory as it says that it needs, so that one that lies is cut off.
 * @throws Unreadable when what they say is more than the bounds, and for what is no archive or is encrypted
 */
export function unzip(
  content: Uint8Array,
  wanted: (name: string) => boolean,
  { inflatedBytes }: Bounds,
): ReadonlyMap<string, Uint8Array> {
  if (isEncrypted(content)) throw new Unreadable("it is encrypted");
  let [entries, bytes] = [0, 0];
  const filter = ({ name, originalSize }: UnzipFileInfo): boolean => {
    if (++entries > MAX_ENTRIES) throw new Unreadable("it has too many entries");
    if (!wanted(name)) return false;
    bytes += originalSize;
    if (bytes > inflatedBytes) throw new Unreadable("it inflates to too much");
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(content, { filter })));
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable("it is no archive", { cause: error });
  }
}

function isEncrypted(content: Uint8Array): boolean {
  if (content.byteLength < 8) return false;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return view.getUint32(0, true) === LOCAL_HEADER && (view.getUint16(6, true) & ENCRYPTED) !== 0;
}
