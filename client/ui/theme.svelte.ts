/* Light, dark, or as the system says: remembered on this device and written to `<html data-theme>`. */
export type Theme = 'light' | 'dark' | 'system';

const storageKey = 'weft.theme';

const isTheme = (value: unknown): value is Theme =>
  value === 'light' || value === 'dark' || value === 'system';

const remembered = (): Theme => {
  try {
    const value = localStorage.getItem(storageKey);
    return isTheme(value) ? value : 'system';
  } catch {
    return 'system';
  }
};

class ThemeChoice {
  #current = $state<Theme>(remembered());
  #systemDark = $state(
    typeof matchMedia !== 'undefined' && matchMedia('(prefers-color-scheme: dark)').matches,
  );

  get current(): Theme {
    return this.#current;
  }

  set current(theme: Theme) {
    this.#current = theme;
    this.#apply();
    try {
      localStorage.setItem(storageKey, theme);
    } catch {
      // Not remembered then; the page itself has switched.
    }
  }

  /** What is on the screen. */
  get shown(): 'light' | 'dark' {
    if (this.#current !== 'system') return this.#current;
    return this.#systemDark ? 'dark' : 'light';
  }

  /** Follows the system and the other tabs; returns the way to stop. */
  start(): () => void {
    this.#apply();
    const system = matchMedia('(prefers-color-scheme: dark)');
    const followSystem = (): void => {
      this.#systemDark = system.matches;
      this.#apply();
    };
    const followTab = (event: StorageEvent): void => {
      if (event.key !== storageKey || !isTheme(event.newValue)) return;
      this.#current = event.newValue;
      this.#apply();
    };
    system.addEventListener('change', followSystem);
    addEventListener('storage', followTab);
    return () => {
      system.removeEventListener('change', followSystem);
      removeEventListener('storage', followTab);
    };
  }

  #apply(): void {
    if (this.#current === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.#current;
    const bar = document.querySelector('meta[name="theme-color"]');
    bar?.setAttribute(
      'content',
      getComputedStyle(document.documentElement).getPropertyValue('--bar-color').trim(),
    );
  }
}

export const theme = new ThemeChoice();
