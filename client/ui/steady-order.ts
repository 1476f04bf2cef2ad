/*
 * Keeps a list still under the pointer. While somebody aims at a row, an arriving change may alter rows but not move
 * them: the held order stays, rows that are gone disappear, new ones wait at the end until the pointer rests.
 */
export const inHeldOrder = <Item>(
  items: readonly Item[],
  held: readonly string[] | undefined,
  keyOf: (item: Item) => string,
): readonly Item[] => {
  if (!held) return items;
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  const result: Item[] = [];
  for (const key of held) {
    const item = byKey.get(key);
    if (item === undefined) continue;
    result.push(item);
    byKey.delete(key);
  }
  for (const item of items) if (byKey.has(keyOf(item))) result.push(item);
  return result;
};
