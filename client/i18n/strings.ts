/*
 * Typed messages. A feature writes its texts once per language:
 *
 *   export const t = defineStrings({
 *     en: { title: 'Documents', greeting: 'Hello {name}', left: (p: { count: number }) => `${p.count} left` },
 *     zh: { title: '文档', greeting: '你好，{name}', left: (p) => `还剩 ${p.count} 个` },
 *   });
 *
 * and reads them as `t.title`, `t.greeting({ name })`, `t.left({ count: 3 })`. Reading inside markup or `$derived`
 * follows a language switch at once. A missing key, a key too many or a forgotten placeholder is a type error.
 */
import { language, type Language } from './language.svelte.ts';
import { formatNumber } from './format.ts';

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Value = string | number;

type Text = string | ((params: never) => string);

type Message<T> = T extends string
  ? string extends T
    ? string
    : [Placeholders<T>] extends [never]
      ? string
      : (params: Readonly<Record<Placeholders<T>, Value>>) => string
  : T extends (...args: infer Args) => string
    ? (...args: Args) => string
    : never;

/** What the other language must give for one message: same placeholders, or a function of the same parameters. */
type Counterpart<E, Z> = E extends string
  ? Z extends string
    ? [Placeholders<E>] extends [Placeholders<Z>]
      ? [Placeholders<Z>] extends [Placeholders<E>]
        ? Z
        : never
      : never
    : never
  : E;

export type Strings<E> = { readonly [K in keyof E]: Message<E[K]> };

const fill = (text: string, params: Readonly<Record<string, Value>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? formatNumber(value) : value;
  });

export const defineStrings = <
  const E extends Record<string, Text>,
  const Z extends Record<string, Text>,
>(texts: {
  readonly en: E;
  readonly zh: Z & { readonly [K in keyof E]: Counterpart<E[K], K extends keyof Z ? Z[K] : never> } & {
    readonly [K in Exclude<keyof Z, keyof E>]: never;
  };
}): Strings<E> => {
  const all: Readonly<Record<Language, Readonly<Record<string, Text>>>> = texts;
  const result = {};
  for (const key of Object.keys(texts.en)) {
    const read = (): Text => all[language.current][key] ?? all.en[key] ?? key;
    const plain = typeof texts.en[key] === 'string' && !/\{\w+\}/.test(texts.en[key]);
    const call = (params: never): string => {
      const text = read();
      return typeof text === 'string' ? fill(text, params) : text(params);
    };
    Object.defineProperty(result, key, { enumerable: true, get: plain ? read : () => call });
  }
  return result as Strings<E>;
};
