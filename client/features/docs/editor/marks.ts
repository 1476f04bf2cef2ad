import Bold from '@lucide/svelte/icons/bold';
import Code from '@lucide/svelte/icons/code';
import Italic from '@lucide/svelte/icons/italic';
import Strike from '@lucide/svelte/icons/strikethrough';
import Underline from '@lucide/svelte/icons/underline';
import type { ChainedCommands } from '@tiptap/core';
import type { Component } from 'svelte';
import { t } from './strings.ts';

export interface MarkKind {
  readonly id: 'bold' | 'italic' | 'underline' | 'strike' | 'code';
  readonly icon: Component;
  readonly label: () => string;
  readonly keys: string;
  readonly toggle: (chain: ChainedCommands) => ChainedCommands;
}

const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** `Mod+Shift+s` as it is printed on this machine's keyboard. */
export const keyText = (keys: string): string =>
  apple
    ? keys.replace('Mod', '⌘').replace('Shift', '⇧').replace('Alt', '⌥').replaceAll('+', '')
    : keys.replace('Mod', 'Ctrl');

export const markKinds: readonly MarkKind[] = [
  {
    id: 'bold',
    icon: Bold,
    label: () => t.bold,
    keys: keyText('Mod+B'),
    toggle: (chain) => chain.toggleBold(),
  },
  {
    id: 'italic',
    icon: Italic,
    label: () => t.italic,
    keys: keyText('Mod+I'),
    toggle: (chain) => chain.toggleItalic(),
  },
  {
    id: 'underline',
    icon: Underline,
    label: () => t.underline,
    keys: keyText('Mod+U'),
    toggle: (chain) => chain.toggleUnderline(),
  },
  {
    id: 'strike',
    icon: Strike,
    label: () => t.strike,
    keys: keyText('Mod+Shift+S'),
    toggle: (chain) => chain.toggleStrike(),
  },
  {
    id: 'code',
    icon: Code,
    label: () => t.code,
    keys: keyText('Mod+E'),
    toggle: (chain) => chain.toggleCode(),
  },
];
