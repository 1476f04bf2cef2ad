import { describe, expect, it } from 'vitest';
import { chatTitle, otherOfPair, partnerOfId } from '../../../client/features/chat/people.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';

const id = (name: string): MemberId => name as MemberId;
/** Gus is known by his id alone, as somebody is whom the directory does not list. */
const members = new Proxy<Record<string, unknown>>(
  { ann: {}, ben: {} },
  { get: (all, name) => (name === 'gus' ? {} : Reflect.get(all, name)) },
);
const directory = { name: '', members } as unknown as DirectoryState;

describe('the id of a conversation of two', () => {
  it('says who the other is', () => {
    const people = ['a', 'b', 'ann', 'a-b', 'b-a', '-', 'direct', 'x_1-'].map(id);
    for (const me of people)
      for (const other of people)
        expect([me, other, otherOfPair(directChatId(me, other), me)]).toEqual([
          me,
          other,
          me === other ? null : other,
        ]);
  });

  it.each([
    'direct-',
    'direct-ann',
    'direct-ann-',
    'direct--ann',
    'direct-ann-ann',
    'direct-ben-ann',
    'group',
    '',
  ])('%j is none of a pair with Ann', (text) => expect(otherOfPair(text, id('ann'))).toBeNull());

  it('opens a page for whoever can be written to, listed or not', () => {
    const open = (other: string) => partnerOfId(directChatId(id('ann'), id(other)), directory, id('ann'));
    expect([open('ben'), open('gus')]).toEqual(['ben', 'gus']);
    expect([open('nobody'), open('constructor'), open('toString')]).toEqual([null, null, null]);
  });
});

it('a group without a name is called after who is in it, else after the customers who are asked', () => {
  const names = { ann: { name: 'Ann' }, ben: { name: 'Ben' }, 'guest-c1': { name: 'Mia' } };
  const of = (state: object): string =>
    chatTitle(
      { type: 'group', title: '', members: { ann: { since: 0 } }, ...state } as unknown as ChatState,
      { name: '', members: names } as unknown as DirectoryState,
      id('ann'),
    );
  const asked = { outside: true, guests: { 'guest-c1': { name: '', invited: { by: 'ann', at: 1 } } } };
  expect(of({})).toBe('Just you');
  expect(of(asked)).toBe('Mia');
  expect(of({ ...asked, members: { ann: { since: 0 }, ben: { since: 1 } } })).toBe('Ben');
  expect(of({ outside: true })).toBe('Group with customers');
});
