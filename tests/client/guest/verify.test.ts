import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkSignature, type Shown } from '../../../client/guest/verify.ts';
import type { Verified } from '../../../client/guest/contract.ts';

/** What a relay with a key of its own says, as server/auth/workspace-key.ts does. */
function company(said: object): Verified {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const card = JSON.stringify(said);
  const digest = createHash('sha256').update(der).digest('hex').slice(0, 16).toUpperCase();
  return {
    host: 'chat.example.com',
    key: digest.match(/.{4}/g)!.join(' '),
    publicKey: der.toString('base64'),
    card,
    signature: sign(null, Buffer.from(card), privateKey).toString('base64'),
  };
}

const shown: Shown = { company: '例子 Example', person: { name: 'Ann Lee', post: 'Sales' } };
const real = company({ ...shown, host: 'chat.example.com', at: 5 });

test('what the company has signed is known as its word', async () => {
  expect(await checkSignature(real, shown)).toBe('good');
  const team = company({
    company: 'Example',
    host: 'chat.example.com',
    person: { name: '', post: '' },
    at: 5,
  });
  expect(await checkSignature(team, { company: 'Example', person: null })).toBe('good');
});

test.each<[string, Verified, Shown]>([
  ['another company on the page', real, { ...shown, company: 'Example Ltd' }],
  ['another person', real, { ...shown, person: { name: 'Eve', post: 'Sales' } }],
  ['another post', real, { ...shown, person: { name: 'Ann Lee', post: 'Director' } }],
  ['another host beside the card', { ...real, host: 'examp1e.com' }, shown],
  [
    'the company’s fingerprint with a key of its own',
    { ...company(JSON.parse(real.card) as object), key: real.key },
    shown,
  ],
  ['another key with the company’s card', { ...real, publicKey: company({}).publicKey }, shown],
  [
    'a card that was changed',
    { ...real, card: real.card.replace('Ann', 'Amy') },
    { ...shown, person: { name: 'Amy Lee', post: 'Sales' } },
  ],
  ['no signature', { ...real, signature: '' }, shown],
  ['noise', { ...real, publicKey: 'AAAA', signature: '!' }, shown],
])('an imitation with %s is seen', async (_what, verified, page) => {
  expect(await checkSignature(verified, page)).toBe('bad');
});
