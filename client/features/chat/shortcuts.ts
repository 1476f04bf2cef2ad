import type { Shortcut } from '../../app/feature.ts';
import { l } from './list/strings.ts';

export const chatShortcuts = (): readonly Shortcut[] => [{ keys: ['Shift', 'F10'], label: l.openMenu }];
