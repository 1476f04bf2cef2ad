/* What the shell itself offers in the palette. */
import Keyboard from '@lucide/svelte/icons/keyboard';
import Languages from '@lucide/svelte/icons/languages';
import Monitor from '@lucide/svelte/icons/monitor';
import Moon from '@lucide/svelte/icons/moon';
import Sun from '@lucide/svelte/icons/sun';
import { language } from '../i18n/index.ts';
import { navigate } from '../ui/location.svelte.ts';
import type { PaletteItem } from '../ui/palette-item.ts';
import { theme } from '../ui/theme.svelte.ts';
import { destinations } from './navigation.ts';
import { t } from './strings.ts';

export const shellCommands = (showHelp: () => void): readonly PaletteItem[] => [
  ...destinations.map((destination): PaletteItem => ({
    id: `go:${destination.href}`,
    section: 'go',
    label: t[destination.text],
    keywords: [destination.text],
    icon: destination.icon,
    run: () => navigate(destination.href),
  })),
  {
    id: 'theme:light',
    section: 'actions',
    label: t.themeLight,
    keywords: ['light theme'],
    icon: Sun,
    run: () => (theme.current = 'light'),
  },
  {
    id: 'theme:dark',
    section: 'actions',
    label: t.themeDark,
    keywords: ['dark theme'],
    icon: Moon,
    run: () => (theme.current = 'dark'),
  },
  {
    id: 'theme:system',
    section: 'actions',
    label: t.themeSystem,
    keywords: ['system theme'],
    icon: Monitor,
    run: () => (theme.current = 'system'),
  },
  {
    id: 'language',
    section: 'actions',
    label: t.switchLanguage,
    keywords: ['language', 'english', 'chinese', '语言', '中文', '英文'],
    icon: Languages,
    run: () => (language.current = language.current === 'zh' ? 'en' : 'zh'),
  },
  {
    id: 'shortcuts',
    section: 'actions',
    label: t.showShortcuts,
    keywords: ['keyboard shortcuts', 'help', '帮助'],
    icon: Keyboard,
    run: showHelp,
  },
];
