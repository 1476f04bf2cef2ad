import { describe, expect, it } from 'vitest';
import { attention, totalAttention } from '../../../client/data/projection/attention.ts';
import type { ChatRow } from '../../../client/data/api.ts';
import { arrange, type Filter } from '../../../client/features/chat/list/arrange.ts';
import type { ChatPlace, ListState } from '../../../shared/features/personal/schema.ts';

const row = (
  id: string,
  at: number,
  more: Partial<ChatRow> & { type?: 'direct' | 'customer' } = {},
): ChatRow =>
  ({
    id,
    at,
    unread: 0,
    calls: [],
    ...more,
    state: { type: more.type ?? 'group' },
  }) as unknown as ChatRow;

const rows = [
  row('new', 9, { unread: 3 }),
  row('pair', 8, { type: 'direct' }),
  row('loud', 7, { unread: 5, calls: [4] }),
  row('old', 1),
];
const list = (chats: Record<string, ChatPlace>, sections: ListState['sections'] = []): ListState =>
  ({ owner: null, chats, sections }) as ListState;
const work = { id: 'w', name: 'Work', collapsed: false };

const shown = (
  state: ListState,
  more: { filter?: Filter; selected?: string; found?: (each: ChatRow) => boolean } = {},
): string[] =>
  arrange({
    rows,
    list: state,
    filter: more.filter ?? 'all',
    selected: more.selected,
    found: more.found ?? null,
  }).map(({ key }) => key);

describe('the order of conversations', () => {
  it.each<[string, string[], string[]]>([
    ['the newest first, where nothing is arranged', shown(list({})), ['new', 'pair', 'loud', 'old']],
    [
      'pinned ones first, the newest of them before',
      shown(list({ old: { pinned: true }, loud: { pinned: true } })),
      ['loud', 'old', 'new', 'pair'],
    ],
    ['hidden ones left out', shown(list({ pair: { hidden: 8 } })), ['new', 'loud', 'old']],
    [
      'one that was hidden there again when something was said',
      shown(list({ pair: { hidden: 5 } })),
      ['new', 'pair', 'loud', 'old'],
    ],
    [
      'a hidden one that is open',
      shown(list({ pair: { hidden: 8 } }), { selected: 'pair' }),
      ['new', 'pair', 'loud', 'old'],
    ],
    [
      'sections over the rest',
      shown(list({ old: { section: 'w' } }, [work])),
      ['section:w', 'old', 'section:', 'new', 'pair', 'loud'],
    ],
    ['an empty section', shown(list({}, [work])), ['section:w', 'section:', 'new', 'pair', 'loud', 'old']],
    [
      'a folded section as its line alone',
      shown(list({ old: { section: 'w' } }, [{ ...work, collapsed: true }])),
      ['section:w', 'section:', 'new', 'pair', 'loud'],
    ],
    [
      'a folded section with what is open in it',
      shown(list({ old: { section: 'w' }, new: { section: 'w' } }, [{ ...work, collapsed: true }]), {
        selected: 'old',
      }),
      ['section:w', 'old', 'section:', 'pair', 'loud'],
    ],
    [
      'a pinned one of a section at the top only',
      shown(list({ old: { section: 'w', pinned: true } }, [work])),
      ['old', 'section:w', 'section:', 'new', 'pair', 'loud'],
    ],
    [
      'unread ones, without sections',
      shown(list({ old: { section: 'w', unread: true } }, [work]), { filter: 'unread' }),
      ['new', 'loud', 'old'],
    ],
    ['what calls me', shown(list({}), { filter: 'calls' }), ['loud']],
    [
      'what is hidden and nothing else, whatever is open',
      shown(list({ pair: { hidden: 8 }, loud: { hidden: 6 } }), { filter: 'hidden', selected: 'old' }),
      ['pair'],
    ],
    ['groups', shown(list({}), { filter: 'groups' }), ['new', 'loud', 'old']],
    [
      'those with customers, which are neither groups nor pairs',
      arrange({
        rows: [...rows, row('mia', 0, { type: 'customer' })],
        list: list({}),
        filter: 'customers',
        selected: undefined,
        found: null,
      }).map(({ key }) => key),
      ['mia'],
    ],
    ['pairs, and what is open', shown(list({}), { filter: 'direct', selected: 'old' }), ['pair', 'old']],
    [
      'what was searched for, hidden or not',
      shown(list({ pair: { hidden: 8 } }), { found: ({ at }) => at > 7 }),
      ['new', 'pair'],
    ],
  ])('has %s', (_title, is, expected) => {
    expect(is).toEqual(expected);
  });

  it('says over a section how much there is in it', () => {
    const items = arrange({
      rows,
      list: list({ new: { section: 'w' }, loud: { section: 'w', muted: true } }, [work]),
      filter: 'all',
      selected: undefined,
      found: null,
    });
    expect(items[0]).toMatchObject({ kind: 'section', count: 4 });
  });
});

describe('the number a conversation is seen with', () => {
  it.each<[string, ChatRow, ChatPlace, number]>([
    ['what is unread', rows[0]!, {}, 3],
    ['nothing, where it is muted', rows[0]!, { muted: true }, 0],
    ['what calls me, where it is muted', rows[2]!, { muted: true }, 1],
    ['one, where it is marked', rows[3]!, { unread: true }, 1],
    ['one, where it is muted and marked', rows[3]!, { unread: true, muted: true }, 1],
    ['what is unread, where it is marked too', rows[0]!, { unread: true }, 3],
    ['nothing, where it is hidden', rows[0]!, { hidden: 9 }, 0],
  ])('is %s', (_title, each, place, count) => {
    expect(attention(each, place)).toBe(count);
  });

  it('adds up', () => {
    expect(totalAttention(rows, list({ new: { muted: true }, old: { unread: true } }))).toBe(6);
  });
});
