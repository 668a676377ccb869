/** Length of the longest prefix of `sizes` whose sum is within `mostBytes`: at least one, at most `most`. */
export function countThatFits(sizes: readonly number[], most: number, mostBytes: number): number {
  let bytes = 0;
  const tooMany = sizes.findIndex((size) => {
    bytes += size;
    return bytes > mostBytes;
  });
  return tooMany === -1 ? most : Math.max(1, Math.min(tooMany, most));
}
