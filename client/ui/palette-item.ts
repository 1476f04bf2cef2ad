import type { Component } from 'svelte';

/** One line of the command palette. The shell shows them by section and runs the chosen one. */
export interface PaletteItem {
  /** Unique over all features: `docs:open:<id>`. */
  readonly id: string;
  readonly section: 'go' | 'conversations' | 'people' | 'docs' | 'actions' | 'search';
  readonly label: string;
  /** Second, fainter text: a post, an owner. */
  readonly hint?: string;
  /** More words to find it by: the other language, pinyin. */
  readonly keywords?: readonly string[];
  readonly icon?: Component<{ size?: number | string }>;
  readonly run: () => void;
}
