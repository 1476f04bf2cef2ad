/* The pages behind the list of customers, in the order in which they are offered. */
import ChartColumn from '@lucide/svelte/icons/chart-column';
import ArrowLeftRight from '@lucide/svelte/icons/arrow-left-right';
import FileSpreadsheet from '@lucide/svelte/icons/file-spreadsheet';
import Link from '@lucide/svelte/icons/link';
import Merge from '@lucide/svelte/icons/merge';
import Megaphone from '@lucide/svelte/icons/megaphone';
import MessageSquareText from '@lucide/svelte/icons/message-square-text';
import ShieldAlert from '@lucide/svelte/icons/shield-alert';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import type { Component } from 'svelte';
import { t as handing } from '../handover/strings.ts';
import { t as x } from '../exchange/strings.ts';
import { t } from './strings.ts';

export type SettingsView =
  | 'broadcasts'
  | 'exchange'
  | 'duplicates'
  | 'links'
  | 'replies'
  | 'handovers'
  | 'figures'
  | 'words'
  | 'setup';

interface SettingsPage {
  readonly view: SettingsView;
  readonly href: string;
  readonly icon: Component<{ size?: number | string; strokeWidth?: number }>;
  readonly title: () => string;
}

export const settingsPages: readonly SettingsPage[] = [
  { view: 'broadcasts', href: '/customers/broadcasts', icon: Megaphone, title: () => t.broadcasts },
  { view: 'links', href: '/customers/links', icon: Link, title: () => t.links },
  { view: 'replies', href: '/customers/replies', icon: MessageSquareText, title: () => t.replies },
  {
    ...{ view: 'handovers', href: '/customers/handovers', icon: ArrowLeftRight },
    title: () => handing.handovers,
  },
  { view: 'figures', href: '/customers/figures', icon: ChartColumn, title: () => t.figures },
  { view: 'words', href: '/customers/words', icon: ShieldAlert, title: () => t.words },
  { view: 'setup', href: '/customers/setup', icon: SlidersHorizontal, title: () => t.setup },
  { view: 'exchange', href: '/customers/exchange', icon: FileSpreadsheet, title: () => x.exchange },
  { view: 'duplicates', href: '/customers/duplicates', icon: Merge, title: () => x.duplicates },
];
