/** How many of the sizes, from the first on, are within `mostBytes` together: one at least, and `most` at most. */
export function countThatFits(sizes: readonly number[], most: number, mostBytes: number): number {
  let bytes = 0;
  const tooMany = sizes.findIndex((size) => {
    bytes += size;
    return bytes > mostBytes;
  });
  return tooMany === -1 ? most : Math.max(1, Math.min(tooMany, most));
}
