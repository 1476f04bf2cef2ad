/* Whether two customers may be one: by number, by mail address, or by name and company. Pure. */
import { mailKey, phoneKey } from '../../../../shared/features/customers/match.ts';

export type Why = 'phone' | 'mail' | 'name';

export interface Known {
  readonly name: string;
  readonly phone: string;
  readonly mail: string;
  readonly company: string;
}

/** Shorter ones are extensions, and many have the same. */
const shortestPhone = 5;

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');

/** Under each of these keys stands one person, as far as anybody can tell; the surest first. */
export function keysOf({ name, phone, mail, company }: Known): { readonly why: Why; readonly key: string }[] {
  const keys: { why: Why; key: string }[] = [];
  const number = phoneKey(phone);
  if (number.length >= shortestPhone) keys.push({ why: 'phone', key: `phone ${number}` });
  const address = mailKey(mail);
  if (address !== '') keys.push({ why: 'mail', key: `mail ${address}` });
  const [who, where] = [plain(name), plain(company)];
  if (who !== '' && where !== '') keys.push({ why: 'name', key: `name ${who} ${where}` });
  return keys;
}

export interface Likes<Each> {
  readonly all: readonly Each[];
  /** Two of them that are alike themselves, not through others. */
  readonly pair: readonly [Each, Each];
  readonly why: ReadonlySet<Why>;
}

/** Those that have one key. */
interface Bucket {
  readonly all: number[];
  /** Two of them are said to be different people. */
  parted: boolean;
}

/**
 * Those of them who may be one, in groups of two and more, in the order in which they come. Of whom `differ` says that they
 * are not one stand together only where another one is like both.
 */
export function alike<Each>(
  all: readonly Each[],
  known: (each: Each) => Known,
  differ: (a: Each, b: Each) => boolean = () => false,
): Likes<Each>[] {
  const above = all.map((_, at) => at);
  const top = (at: number): number => {
    while (above[at] !== at) at = above[at] = above[above[at]!]!;
    return at;
  };
  const buckets = new Map<string, Bucket>();
  const met: { one: number; other: number; why: Why }[] = [];
  all.forEach((each, at) => {
    for (const { why, key } of keysOf(known(each))) {
      const bucket = buckets.get(key) ?? { all: [], parted: false };
      buckets.set(key, bucket);
      for (const other of bucket.all) {
        if (differ(all[other]!, each)) {
          bucket.parted = true;
          continue;
        }
        const [a, b] = [top(other), top(at)].sort((x, y) => x - y);
        above[b!] = a!;
        met.push({ one: other, other: at, why });
        // All that are there stand together already.
        if (!bucket.parted) break;
      }
      bucket.all.push(at);
    }
  });
  const reasons = new Map<number, { why: Set<Why>; pair: readonly [Each, Each] }>();
  for (const { one, other, why } of met) {
    const group = reasons.get(top(other)) ?? { why: new Set<Why>(), pair: [all[one]!, all[other]!] };
    reasons.set(top(other), group);
    group.why.add(why);
  }
  const groups = new Map<number, Each[]>();
  all.forEach((each, at) => {
    const group = top(at);
    if (reasons.has(group)) groups.set(group, [...(groups.get(group) ?? []), each]);
  });
  return [...groups].map(([group, those]) => ({ all: those, ...reasons.get(group)! }));
}
