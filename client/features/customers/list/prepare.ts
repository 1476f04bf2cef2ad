/* What filtering and sorting thousands of customers needs, made in small pieces before somebody asks for it. */
import type { CustomerLine } from '../../../data/api.ts';
import { hear } from '../../../i18n/index.ts';
import { customerName } from '../customers.ts';
import { foundBy, prepareNames } from './arrange.ts';

const portion = 250;

/** Sorted in runs that grow: each puts a few more names among those that are in order already. */
export function prepare(lines: readonly CustomerLine[], from = 0): void {
  const some = lines.slice(from, from + portion);
  for (const line of some) {
    foundBy(line, customerName(line));
    hear(customerName(line));
  }
  prepareNames(lines.slice(0, from + portion).map(customerName));
  if (from + portion < lines.length) setTimeout(() => prepare(lines, from + portion), 30);
}
