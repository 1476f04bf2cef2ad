import { describe, expect, test } from 'vitest';
import { defaultBounds } from '../../../server/bounds.ts';
import { readConfig } from '../../../server/config.ts';

const refusal = (environment: Record<string, string>): string => {
  const read = readConfig(environment);
  if (read.ok) throw new Error(`accepted: ${JSON.stringify(environment)}`);
  return read.error;
};

describe('settings', () => {
  test('have the defaults of docs/interface.md; an empty value counts as absent', () => {
    for (const environment of [{}, { PORT: '', HOST: '', WEFT_PUBLIC_URL: '', WEFT_DATABASE_URL: '' }]) {
      const read = readConfig(environment);
      expect(read.ok && read.value.config).toMatchObject({
        port: 8787,
        host: '127.0.0.1',
        admin: null,
        workspaceName: 'Weft',
        publicUrl: null,
        durability: 'full',
        logLevel: 'info',
        trustedProxies: 0,
      });
      expect(read.ok && read.value.config.data.endsWith('/data')).toBe(true);
    }
  });

  test('that are wrong are one sentence that names them', () => {
    const table: Record<string, string[]> = {
      PORT: ['abc', '-1', '65536', '1.5', '0x10', ' '],
      HOST: ['a b', 'http://x'],
      WEFT_DATA: ['a\0b'],
      WEFT_WORKSPACE: [' ', 'x'.repeat(61)],
      WEFT_PUBLIC_URL: ['weft.example.com', 'ftp://x', 'https://x/path', 'https://x?y', 'https://u:p@x'],
      WEFT_DURABILITY: ['FULL', 'none'],
      WEFT_LOG: ['verbose'],
      WEFT_TRUST_PROXY: ['yes', '11', '-1'],
      WEFT_SESSION_DAYS: ['0', '3651', 'x'],
      WEFT_SESSION_IDLE_DAYS: ['0', '-1'],
      WEFT_PUSH_CONTACT: ['it@example.com', 'mailto:nobody', 'http://x', 'x'],
      WEFT_OUTSIDE_HOSTS: ['http://x', 'a b', 'a,,b', 'a:'],
      WEFT_MAX_SOCKETS: ['0', '-1', '1.5', 'many', '1e3', '99999999'],
      WEFT_MAX_FRAME: ['1', '9 MB'],
      WEFT_MAX_UPDATE: ['1024'],
      WEFT_ADMIN_EMAIL: ['nobody'],
      WEFT_ADMIN_PASSWORD: ['short', '12345678'],
      WEFT_DATABASE_URL: ['postgres://x'],
      WEFT_REDIS_URL: ['redis://x'],
      WEFT_BLOBS_URL: ['s3://x'],
    };
    for (const [name, values] of Object.entries(table))
      for (const value of values) {
        const sentence = refusal({ [name]: value });
        expect(sentence).toMatch(new RegExp(`^${name} .*\\.$`));
        expect(sentence).not.toContain('\n');
      }
  });

  test('of bounds reach the relay, and a frame is always larger than an update', () => {
    const mebi = 1024 * 1024;
    const read = readConfig({ WEFT_MAX_UPDATE: String(20 * mebi), WEFT_MAX_FRAME: String(21 * mebi) });
    expect(read.ok && read.value.config.bounds).toEqual({
      ...defaultBounds,
      update: 20 * mebi,
      frame: 21 * mebi,
    });
    expect(read.ok && read.value.warnings).toEqual([]);
    expect(refusal({ WEFT_MAX_UPDATE: String(20 * mebi) })).toMatch(/^WEFT_MAX_FRAME must be at least /);
  });

  test('never show a password', () => {
    expect(refusal({ WEFT_ADMIN_EMAIL: 'a@example.com', WEFT_ADMIN_PASSWORD: '7777777' })).not.toContain(
      '7777777',
    );
  });

  test('of the administrator belong together', () => {
    expect(refusal({ WEFT_ADMIN_EMAIL: 'a@example.com' })).toContain('together');
    expect(refusal({ WEFT_ADMIN_PASSWORD: 'a good long secret' })).toContain('together');
  });

  test('nobody knows are named in a warning', () => {
    const read = readConfig({ WEFT_PROT: '1', WEFT_LOG: 'warn', OTHER: 'x', WEFT_DEV_PORT: '1' });
    expect(read.ok && read.value.warnings).toEqual(['WEFT_PROT is not a setting of Weft and is ignored']);
  });

  test('take a public address without its last slash', () => {
    const read = readConfig({ WEFT_PUBLIC_URL: 'https://weft.example.com/' });
    expect(read.ok && read.value.config.publicUrl).toBe('https://weft.example.com');
  });
});
