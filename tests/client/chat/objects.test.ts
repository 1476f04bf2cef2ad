import { describe, expect, it } from 'vitest';
import { isObjectAlone, linkText, objectAt, objectsIn } from '../../../client/features/chat/cards/objects.ts';

const origin = 'https://weft.example';

describe('an address of the workspace', () => {
  it.each([
    ['/docs/d1', { kind: 'doc', id: 'd1' }],
    ['/contacts/ann', { kind: 'person', id: 'ann' }],
    ['/contacts/department/sales', { kind: 'department', id: 'sales' }],
    ['/contacts/in/sales', { kind: 'department', id: 'sales' }],
    ['/messages/team', { kind: 'chat', id: 'team', message: null }],
    ['/messages/team?at=12.m-1', { kind: 'chat', id: 'team', message: { seq: 12, id: 'm-1' } }],
    ['/messages/team?at=x', { kind: 'chat', id: 'team', message: null }],
    ['/docs', null],
    ['/docs/trash', null],
    ['/docs/d1/more', null],
    ['/messages/mentions', null],
    ['/contacts/chart', null],
    ['/contacts/department', null],
    ['/settings/account', null],
    ['/docs/%2e%2e', null],
    ['/docs/__proto__x"y', null],
  ])('%s', (path, object) => {
    const found = objectAt(origin + path, origin);
    if (object) expect(found).toMatchObject(object);
    else expect(found).toBeNull();
  });

  it('is none of another relay', () => {
    expect(objectAt('https://weft.example.evil.example/docs/d1', origin)).toBeNull();
    expect(objectAt('http://weft.example/docs/d1', origin)).toBeNull();
  });

  it('is found in a message, each once, three at most, and not in code', () => {
    const link = (id: string): string => `${origin}/docs/${id}`;
    const text = `${link('a')} ${link('a')}, \`${link('z')}\` [b](/docs/b) ${link('c')} ${link('d')}`;
    expect(objectsIn(text, origin).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    [`${origin}/docs/a`, true],
    [linkText('Plan [draft] for\nMarch', '/docs/a'), true],
    ['[a](/docs/a) and more', false],
    ['[a](/settings/account)', false],
    ['[a](//evil.example/docs/a)', false],
    [`look ${origin}/docs/a`, false],
    [`${origin}/docs/a ${origin}/docs/b`, false],
    ['https://other.example/docs/a', false],
  ])('says all of a message that is nothing else: %j', (text, alone) => {
    expect(isObjectAlone(text, origin)).toBe(alone);
  });
});
