/** What a word in braces stands for: the same wherever somebody writes words to customers, who never read the braces. */
const meanings = {
  name: 'customer',
  customer: 'customer',
  person: 'person',
  me: 'person',
  company: 'company',
} as const;

const places = /\{(name|customer|person|me|company)\}/g;

export type Names = Readonly<Partial<Record<'customer' | 'person' | 'company', string>>>;

/** The words with names in their places, in one go: a name may look like a place. What has no name here stays. */
export const fillPlaces = (text: string, names: Names): string =>
  text.replace(places, (place, word: keyof typeof meanings) => names[meanings[word]] ?? place);

export const hasCustomerPlace = (text: string): boolean => /\{(?:name|customer)\}/.test(text);
