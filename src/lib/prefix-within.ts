/** Length of the longest prefix of `sizes` whose sum is at most `maxBytes`: at least 1, at most `maxCount`, which it is when all fit. */
export function prefixWithin(sizes: readonly number[], maxCount: number, maxBytes: number): number {
  let bytes = 0;
  const firstBeyond = sizes.findIndex((size) => {
    bytes += size;
    return bytes > maxBytes;
  });
  return firstBeyond === -1 ? maxCount : Math.max(1, Math.min(firstBeyond, maxCount));
}
