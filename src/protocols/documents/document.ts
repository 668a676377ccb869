/** Which documents text can be taken out of, and what bounds it. */

/** Bounds of one document, which is anybody's: it may be made to fill the memory. */
export interface Bounds {
  /** Bytes that all compressed parts of it may come to. */
  readonly inflatedBytes: number;
  /** Of the text; what is behind them is cut off. */
  readonly characters: number;
}

export const formats = ["pdf", "docx", "xlsx", "html", "plain"] as const;
export type Format = (typeof formats)[number];

/** It expands to more than it may, is encrypted, or is not what it says it is. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

const byType: Readonly<Record<string, Format>> = {
  "application/pdf": "pdf",
  "application/x-pdf": "pdf",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-word.document.macroenabled.12": "docx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.ms-excel.sheet.macroenabled.12": "xlsx",
  "text/html": "html",
  "application/xhtml+xml": "html",
  "application/json": "plain",
  "application/x-ndjson": "plain",
  "application/yaml": "plain",
  "application/xml": "plain",
};

const byExtension: Readonly<Record<string, Format>> = {
  pdf: "pdf",
  docx: "docx",
  docm: "docx",
  xlsx: "xlsx",
  xlsm: "xlsx",
  html: "html",
  htm: "html",
  txt: "plain",
  md: "plain",
  csv: "plain",
  tsv: "plain",
  json: "plain",
  log: "plain",
};

/**
 * What it is by its media type, or by its name where the type says nothing; null for what no text is taken out of.
 * @param contentType with its parameters or without
 */
export function formatOf(contentType: string | null, filename: string | null): Format | null {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const named = byType[type];
  if (named !== undefined) return named;
  const extension = /\.([a-z0-9]{1,5})$/i.exec(filename ?? "")?.[1]?.toLowerCase() ?? "";
  const byName = byExtension[extension] ?? null;
  // Markup of its own, which nobody reads.
  if (type === "text/rtf") return null;
  if (type.startsWith("text/")) return byName === "html" ? "html" : "plain";
  return ["", "application/octet-stream", "application/zip", "application/vnd.ms-excel"].includes(type)
    ? byName
    : null;
}
