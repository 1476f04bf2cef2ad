import { expect, test } from 'vitest';
import { mentionQuery } from '../../../client/features/chat/conversation/mention-query.ts';

test.each([
  ['@', 1, { from: 0, text: '' }],
  ['hello @An', 9, { from: 6, text: 'An' }],
  ['你看一下@李', 6, { from: 4, text: '李' }],
  ['(@an', 4, { from: 1, text: 'an' }],
  ['mail ann@ex', 11, null],
  ['@Ann Lee', 8, null],
  ['@Ann', 0, null],
])('in %j with the caret at %i', (text, caret, expected) => {
  expect(mentionQuery(text, caret)).toEqual(expected);
});
