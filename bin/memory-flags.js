// Plain JavaScript that an old Node can parse, as rookery.js is.

/** Bytes of a container's memory up to which the heap gets a quarter of it: V8 itself would take half, and PostgreSQL, buffers and threads are in there as well. */
const SMALL_CONTAINER = 4 * 1024 ** 3;
/** Megabytes of heap at least, with which sends of 12 MB are answered. */
const LEAST_HEAP = 128;

/**
 * How V8 keeps a server's memory, unless whoever starts it says otherwise: a young generation of 48 MB instead of 192, and garbage collected
 * when the heap is twice what lives instead of four times. A fleet of 100,000 tenants is applied in 270 MB instead of 470, at the same CPU
 * (docs/decisions/0058-memory-of-a-server.md).
 * @param {number} containerBytes what the process may use; 0 or more than a machine has: no limit
 * @param {string} given options of V8 that it has already
 * @returns {string[]}
 */
export function memoryFlags(containerBytes, given) {
  const flags = ["--max-semi-space-size=16", "--heap-growing-percent=100"];
  if (containerBytes > 0 && containerBytes < SMALL_CONTAINER)
    flags.push(`--max-old-space-size=${Math.max(LEAST_HEAP, Math.floor(containerBytes / 4 / 1024 ** 2))}`);
  // V8 takes underscores as well.
  const names = given.replace(/_/g, "-");
  return flags.filter((flag) => names.indexOf(flag.split("=", 1)[0]) === -1);
}
