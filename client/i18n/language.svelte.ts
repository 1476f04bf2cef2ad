/*
 * The language of the interface. One value for the whole page, remembered on this device; everything that reads it
 * (strings, dates, sorting) follows a switch at once. Another tab that switches takes this one along.
 */
export type Language = 'en' | 'zh';

const storageKey = 'weft.language';

const isLanguage = (value: unknown): value is Language => value === 'en' || value === 'zh';

/** The first of the browser's languages that Weft speaks; English if there is none. */
export const preferredLanguage = (languages: readonly string[]): Language => {
  for (const tag of languages) {
    const base = tag.toLowerCase().split('-')[0];
    if (isLanguage(base)) return base;
  }
  return 'en';
};

const remembered = (): Language | undefined => {
  try {
    const value = localStorage.getItem(storageKey);
    return isLanguage(value) ? value : undefined;
  } catch {
    return undefined; // storage switched off, or no browser at all
  }
};

const browserLanguages = (): readonly string[] =>
  typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);

class LanguageChoice {
  #current = $state<Language>(remembered() ?? preferredLanguage(browserLanguages()));

  get current(): Language {
    return this.#current;
  }

  set current(language: Language) {
    this.#current = language;
    this.#apply();
    try {
      localStorage.setItem(storageKey, language);
    } catch {
      // Not remembered then; the switch itself holds for this page.
    }
  }

  /** BCP 47 tag for `lang` attributes and Intl. */
  get tag(): 'en' | 'zh-CN' {
    return this.#current === 'zh' ? 'zh-CN' : 'en';
  }

  /** Writes `<html lang>` and follows switches made in other tabs; returns the way to stop. */
  start(): () => void {
    this.#apply();
    const follow = (event: StorageEvent): void => {
      if (event.key !== storageKey || !isLanguage(event.newValue)) return;
      this.#current = event.newValue;
      this.#apply();
    };
    addEventListener('storage', follow);
    return () => removeEventListener('storage', follow);
  }

  #apply(): void {
    if (typeof document !== 'undefined') document.documentElement.lang = this.tag;
  }
}

export const language = new LanguageChoice();

/** The names people look for, each in its own language. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };
