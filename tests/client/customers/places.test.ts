import { expect, test } from 'vitest';
import { filledReply } from '../../../client/features/chat/replies/replies.ts';
import { filledBroadcast } from '../../../shared/features/customers/broadcast-state.ts';
import { filledWelcome } from '../../../shared/features/customers/welcome.ts';

test('a word in braces means the same in a quick reply, a message to many and a welcome', () => {
  const text = 'Dear {customer} {name}, {me} {person} of {company} {other}';
  const whole = 'Dear {me} {me}, Ann Ann of Acme {other}';
  expect(filledBroadcast(text, { name: '{me}', company: 'Acme', person: 'Ann' })).toBe(whole);
  expect(filledReply(text, { customer: '{me}', me: 'Ann', company: 'Acme' })).toBe(whole);
  expect(filledReply('Dear {name}, hello', { customer: '', me: 'Ann', company: 'Acme' })).toBe('Dear, hello');
  expect(filledWelcome('{me} {person} of {company}', 'Acme', 'Ann')).toBe('Ann Ann of Acme');
});
