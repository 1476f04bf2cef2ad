import { customerOf } from '../../shared/base/guests.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { defineStrings } from './strings.ts';

const t = defineStrings({ en: { visitor: 'Visitor {mark}' }, zh: { visitor: '访客 {mark}' } });

/** What a guest is called who told no name: with the beginning of their id, so that two of them are told apart. */
export const visitorName = (guest: MemberId): string =>
  t.visitor({ mark: customerOf(guest).slice(0, 4).toUpperCase() });
