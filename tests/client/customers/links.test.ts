import { expect, test } from 'vitest';
import type { MemberId } from '../../../shared/base/ids.ts';
import { filledWelcome } from '../../../shared/features/customers/welcome.ts';
import {
  addressOf,
  dayOf,
  endOfDay,
  fileName,
  offsetText,
  peopleOf,
  stateOf,
  usualHours,
} from '../../../client/features/customers/settings/links/link.ts';
import { buttonHtml } from '../../../client/features/customers/settings/links/markup.ts';
import { qrPicture } from '../../../client/features/customers/settings/links/qr.ts';

const [ann, ben] = ['ann' as MemberId, 'ben' as MemberId];

test('a link leads to the page of its code at this company', () => {
  expect(addressOf('https://acme.example', { code: 'a1B2c3D4e5F6g7H8' })).toBe(
    'https://acme.example/c/a1B2c3D4e5F6g7H8',
  );
});

test.each([
  [{ on: true, until: null }, 'on'],
  [{ on: true, until: 1_001 }, 'on'],
  [{ on: true, until: 1_000 }, 'ended'],
  [{ on: false, until: 1_000 }, 'ended'],
  [{ on: false, until: null }, 'off'],
] as const)('at one second %j is %s', (link, condition) => {
  expect(stateOf(link, 1_000)).toBe(condition);
});

test('everybody who may answer is named once, who stands in last', () => {
  expect(peopleOf({ member: ann })).toEqual([ann]);
  expect(peopleOf({ team: [ann], rule: 'turns', fallback: ben })).toEqual([ann, ben]);
  expect(peopleOf({ team: [ann, ben], rule: 'load', fallback: ann })).toEqual([ann, ben]);
  expect(peopleOf({ team: [ann], rule: 'load', fallback: null })).toEqual([ann]);
});

test('the places of a welcome are filled in wherever they stand, and nothing else is', () => {
  expect(filledWelcome('{person} of {company}, {company} {other}', 'Acme $&', 'Ann')).toBe(
    'Ann of Acme $&, Acme $& {other}',
  );
});

test('what is written on a button stays text in its HTML', () => {
  const html = buttonHtml('https://acme.example/c/x', '<script>"&\'');
  expect(html).toContain('>&#60;script&#62;&#34;&#38;&#39;</a>');
  expect(html.match(/</g)).toHaveLength(2);
  expect(html).not.toContain('script>');
});

test.each([
  ['Spring fair 2026', 'Spring-fair-2026.png'],
  ['../../etc/passwd', 'etc-passwd.png'],
  ['官网 咨询', '官网-咨询.png'],
  ['???', 'link.png'],
])('%j is saved as %s', (name, file) => {
  expect(fileName(name, 'png')).toBe(file);
});

test.each([
  [0, '+00:00'],
  [480, '+08:00'],
  [-210, '−03:30'],
])('%i minutes are shown as %s', (offset, text) => {
  expect(offsetText(offset)).toBe(text);
});

test('usual hours are by the clock of the device', () => {
  const now = new Date(2026, 0, 5);
  expect(usualHours(now).offset).toBe(0 - now.getTimezoneOffset());
});

test('a day is meant with all of its hours, and is shown as the same day again', () => {
  const end = endOfDay('2026-11-30');
  expect(end).toBe(new Date(2026, 10, 30, 23, 59, 59, 999).getTime());
  expect(dayOf(end)).toBe('2026-11-30');
  expect([endOfDay(''), endOfDay('tomorrow'), dayOf(null)]).toEqual([null, null, '']);
});

test('a picture stands alone, with the initials in it as text', () => {
  const svg = qrPicture('https://acme.example/c/a1B2c3D4e5F6g7H8', '<b> & Sons');
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  expect(svg).toContain('>BS</text>');
  const withLogo = qrPicture('https://acme.example/c/x', 'Acme', 'iVBORw0KGgo=');
  expect(withLogo).toContain('href="data:image/png;base64,iVBORw0KGgo="');
  expect(withLogo).not.toContain('<text');
  expect(qrPicture('https://acme.example/c/x', ' ')).not.toContain('<text');
});
