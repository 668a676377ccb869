/** A log event as people read it: time of day, level where it is more than news, message, fields; errors with their trace. */

/** Of each process and run the same, or shown already. */
const unshown: ReadonlySet<string> = new Set(["level", "time", "pid", "hostname", "msg"]);

/**
 * @param json one line of pino's, as `createLog` makes it; anything else is given back as it is
 * @param columns width of the terminal; beyond it each field has a line of its own
 */
export function personLine(json: string, columns: number): string {
  const event = parsed(json);
  if (event === null) return json;
  const level = String(event["level"]);
  const time = new Date(String(event["time"])).toTimeString().slice(0, "hh:mm:ss".length);
  const news = level === "info" || level === "debug" ? "" : `${level}: `;
  const fields = Object.entries(event).filter(([name]) => !unshown.has(name));
  const begin = `${time} ${news}${printable(String(event["msg"] ?? ""))}`;
  const short = fields.map(([name, value]) => `${name}=${printable(shortOf(value))}`);
  const whole = [begin, ...short].join("  ");
  const shown =
    whole.length <= columns ? whole : [begin, ...short].join(`\n${" ".repeat("hh:mm:ss ".length)}`);
  const traces = fields.flatMap(([, value]) => traceOf(value)).map((trace) => `${trace}\n`);
  return `${shown}\n${traces.join("")}`;
}

function parsed(json: string): Record<string, unknown> | null {
  try {
    // Cast: an event is an object.
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** An error has its trace below, which begins with its message. */
function shortOf(value: unknown): string {
  if (typeof value === "string") return value;
  const [trace] = traceOf(value);
  return trace === undefined ? JSON.stringify(value) : (trace.split("\n")[0] ?? "");
}

function traceOf(value: unknown): string[] {
  const stack = typeof value === "object" && value !== null && "stack" in value ? value.stack : undefined;
  return typeof stack === "string" ? [stack.split("\n").map(printable).join("\n")] : [];
}

/** Control characters (C0, DEL and C1) escaped: what is logged may be hostile input. */
function printable(text: string): string {
  const controls = /[\p{Cc}\u2028\u2029]/gu;
  return text.replace(controls, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
