/** The markup of Office documents, as it comes. Entities are the five of XML and numbers: none is defined, and none expands. */
import { BoundedParser } from "../markup/bounded-parser.ts";
import { Unreadable } from "./document.ts";

export interface XmlReader {
  /** @param name with its prefix. */
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly text?: (text: string) => void;
  readonly close?: (name: string) => void;
}

/** @throws Unreadable for what nests deeper than documents do */
export function readXml(bytes: Uint8Array, { open, text, close }: XmlReader): void {
  const parser = new BoundedParser(
    {
      onopentag(name, attributes) {
        if (parser.isTooDeep) throw new Unreadable("it is nested deeper than any document");
        open?.(name, attributes);
      },
      ontext: (data) => text?.(data),
      onclosetag: (name) => close?.(name),
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(new TextDecoder().decode(bytes));
}
