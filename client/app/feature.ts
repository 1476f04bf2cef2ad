/*
 * What a feature shows the shell. Every folder `client/features/<x>` has one door, `index.ts`, that exports
 * `feature: Feature`; the shell loads it when its first page is opened and places the components in the columns.
 */
import type { Component } from 'svelte';
import type { PaletteItem } from '../ui/palette-item.ts';

/** Parts of the address that belong to the page, already decoded: `/docs/abc` is `{ id: 'abc' }`. */
export type RouteParams = Readonly<Record<string, string>>;

export type Pane = Component<{ params: RouteParams }>;

/** A line of the help under `?`. */
export interface Shortcut {
  /** As written on the keys: `['Ctrl', 'B']`. */
  readonly keys: readonly string[];
  readonly label: string;
}

export interface Feature {
  /** The middle column: stays mounted while the person moves within the feature; `params.id` is the selected one. */
  readonly list?: Pane;
  /** The content column; mounted anew for another `params.id`. Without an id: what to show when nothing is selected. */
  readonly content: Pane;
  /** The panel on the right, shown while `frame.sideOpen` is true. */
  readonly side?: Pane;
  /**
   * Lines for the command palette. Called while the palette is being set up, so that it may read Svelte context and
   * runes; the function it returns is asked again for every text typed and should answer from what is on the device.
   */
  readonly palette?: () => (text: string) => readonly PaletteItem[];
  /** Shows nothing, and is there as long as somebody is signed in: reminders. */
  readonly background?: Component;
  /** Keys that work on the feature's pages, read when the help is opened. */
  readonly shortcuts?: () => readonly Shortcut[];
}
