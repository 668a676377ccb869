/** The markup of Office documents, as it comes. Entities are the five of XML and numbers: none is defined, and none expands. */
import { Parser } from "htmlparser2";

export interface XmlReader {
  /** @param name with its prefix. */
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly text?: (text: string) => void;
  readonly close?: (name: string) => void;
}

export function readXml(bytes: Uint8Array, { open, text, close }: XmlReader): void {
  const parser = new Parser(
    {
      onopentag: (name, attributes) => open?.(name, attributes),
      ontext: (data) => text?.(data),
      onclosetag: (name) => close?.(name),
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(new TextDecoder().decode(bytes));
}
