/** A process that takes a job, says so and never ends it; the bench kills it. Arguments: the candidate, the database. */
import { candidates } from "./candidates.ts";

const [name, connectionString = ""] = process.argv.slice(2);
const candidate = candidates.find((one) => one.name === name);
if (candidate === undefined) throw new Error(`no candidate is named ${name}`);
await candidate.start(connectionString, () => {
  console.log("taken");
  return new Promise(() => undefined);
});
