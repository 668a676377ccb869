import { z } from "zod";
import { fleetFile } from "./file.ts";

/** Path of the schema on a server. */
export const FLEET_SCHEMA_PATH = "/schemas/fleet.json";

/** Schema of a fleet file (JSON Schema 2020-12), for editors. */
export const fleetJsonSchema = (): object => z.toJSONSchema(fleetFile, { target: "draft-2020-12" });
