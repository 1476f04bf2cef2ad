import { describe, expect, test } from 'vitest';
import { normaliseEmail } from '../../../server/auth/emails.ts';
import { networkOf } from '../../../server/auth/networks.ts';
import { passwordProblem } from '../../../server/auth/passwords.ts';

describe('networks', () => {
  test('are an IPv4 address or a /64, in one spelling', () => {
    const table: [string, string][] = [
      ['192.0.2.7', '192.0.2.7'],
      ['::ffff:192.0.2.7', '192.0.2.7'],
      ['::ffff:c000:207', '192.0.2.7'],
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
      ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
      ['2001:DB8:1:2:ffff::', '2001:db8:1:2::/64'],
      ['::1', '0:0:0:0::/64'],
      ['fe80::1%eth0', 'fe80:0:0:0::/64'],
      ['not an address', 'unknown'],
      ['', 'unknown'],
    ];
    for (const [address, network] of table) expect([address, networkOf(address)]).toEqual([address, network]);
  });
});

describe('e-mail addresses', () => {
  test('have one spelling', () => {
    expect(normaliseEmail(' Lin.Wei@Example.COM ')).toBe('lin.wei@example.com');
    expect(normaliseEmail('ｌｉｎ@example.com')).toBe('lin@example.com');
    expect(normaliseEmail('林@例子.公司')).toBe('林@例子.公司');
    for (const wrong of [
      '',
      'a',
      '@',
      'a@',
      '@b',
      'a@b@c',
      'a b@c.d',
      'a@b..c',
      'a@.b',
      'a\n@b.c',
      `${'a'.repeat(300)}@b.c`,
    ])
      expect([wrong, normaliseEmail(wrong)]).toEqual([wrong, null]);
  });
});

describe('passwords', () => {
  test('are long enough, not endless and not among the first guesses', () => {
    for (const good of [
      'correct horse',
      '一二三四五六七八',
      'x9!kq2pw',
      'e'.repeat(20) + 'x',
      'z9'.repeat(128),
    ])
      expect([good, passwordProblem(good)]).toEqual([good, null]);
    for (const bad of [
      '',
      'seven77',
      '一二三四五六七',
      '12345678',
      'PassWord',
      'QWERTYUIOP',
      'aaaaaaaaaaaa',
      'z9'.repeat(129),
    ])
      expect([bad, passwordProblem(bad)]).not.toEqual([bad, null]);
  });
});
