import type { Component } from 'svelte';

/** One line of a menu. Menus are lists of groups; a line stands between groups. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  /** An emoji in place of icon and label: a group of these stands in one row. */
  readonly glyph?: string;
  readonly icon?: Component<{ size?: number | string }>;
  /** Cannot be undone, or takes something away. */
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** For choices: shows a tick. */
  readonly checked?: boolean;
  /** As written on the keys: ['Ctrl', 'B']. */
  readonly keys?: readonly string[];
  readonly run: () => void;
}
