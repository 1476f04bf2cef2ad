import type { SeedLanguage } from './people.ts';
import type { Random } from './random.ts';
import { words } from './threads.ts';

/** Chooses what the words in braces stand for, once for a whole thread or document, so that it stays about one thing. */
export function fillings(random: Random, language: SeedLanguage, name: string): (text: string) => string {
  const list = words[language];
  const chosen: Readonly<Record<string, string>> = {
    item: random.pick<string>(list.item),
    customer: random.pick<string>(list.customer),
    city: random.pick<string>(list.city),
    day: random.pick<string>(list.day),
    n: String(random.between(3, 40)),
    sum: String(random.between(12, 90) * 10),
    name,
  };
  return (text) => text.replace(/\{(\w+)\}/g, (whole, key: string) => chosen[key] ?? whole);
}
