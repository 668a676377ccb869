/** From the bytes of files to a document, and to where each part of it was written. */
import type { z } from "zod";
import { readCsv } from "./csv.ts";
import type { FleetDefaults, FleetTenant } from "./document.ts";
import { type FleetFile, fleetFile, fleetTenants } from "./file.ts";
import { readJson } from "./json.ts";
import { readList } from "./list.ts";
import { boundValue, type PlacedProblem, type Reading, UnreadableFile, unreadable } from "./reading.ts";
import { subjectOf } from "./sentences.ts";
import { shapeProblems, valueAt } from "./shape-problems.ts";
import { textOf } from "./text.ts";
import { readYaml } from "./yaml.ts";

export interface Read<Value> {
  readonly value: Value;
  readonly placeOf: Reading["placeOf"];
}

/** @param name of the file: .json is read as JSON, all else as YAML @throws UnreadableFile with all that is wrong */
export function readFleetFile(bytes: Uint8Array, name: string): Read<FleetFile> {
  const text = textOf(bytes);
  if (text.trim() === "") throw unreadable("this is empty: `rookery fleet init` writes a file to begin with");
  return parsed(fleetFile, /\.json$/i.test(name) ? readJson(text) : readYaml(text));
}

/**
 * @param name of the file: its extension says whether it is .csv, .tsv or .json; all else is a list of a slug a line
 * @param defaults of the fleet, whose addresses a table may replace
 * @throws UnreadableFile with all that is wrong, and for one without tenants: that is more likely a slip than a fleet
 */
export function readTenants(bytes: Uint8Array, name: string, defaults: FleetDefaults): Read<FleetTenant[]> {
  const { value, placeOf } = parsed(fleetTenants, readingOf(textOf(bytes), name, defaults));
  if (value.length === 0)
    throw unreadable("there are no tenants in it. If that is meant, say `tenants: []` in the fleet file");
  return { value: value.map(tenantOf), placeOf };
}

/** A tenant that is only named has the defaults. */
export const tenantOf = (tenant: z.infer<typeof fleetTenants>[number]): FleetTenant =>
  typeof tenant === "string" ? { slug: tenant } : tenant;

function readingOf(text: string, name: string, defaults: FleetDefaults): Reading {
  const extension = /\.(csv|tsv|json)$/i.exec(name)?.[1]?.toLowerCase();
  switch (extension) {
    case "csv":
      return readCsv(text, defaults, null);
    case "tsv":
      return readCsv(text, defaults, "\t");
    case "json":
      return readJson(text);
    default:
      return readList(text);
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, reading: Reading): Read<z.infer<Schema>> {
  boundValue(reading);
  const { value, placeOf } = reading;
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, placeOf };
  const { shown, count } = shapeProblems(schema, value, result.error);
  const placed = shown.map(
    ({ path, says }): PlacedProblem => ({
      ...placeOf(path),
      says: `${subjectOf(path, valueAt(value, path))} ${says}`,
    }),
  );
  throw new UnreadableFile(placed, count);
}
