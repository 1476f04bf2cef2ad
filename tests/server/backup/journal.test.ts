import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCompleteSince, newerThan, openJournal, readJournal } from '../../../server/backup/journal.ts';
import { seededRandom, seedFromEnvironment } from '../../shared/random.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-journal-'));
  path = join(folder, 'revocations.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const session = (id: string) => ({ kind: 'session', id }) as const;
const write = (...ids: string[]): void => {
  const journal = openJournal(path);
  for (const id of ids) journal.append([session(id)], { epoch: 'a', cursor: 1 }, 5);
  journal.close();
};
const idsOf = (): string[] =>
  (readJournal(path)?.lines ?? []).flatMap((line) => (line.kind === 'session' ? [line.id] : []));

describe('the journal of revocations', () => {
  it('keeps what was appended over openings, for its owner alone', () => {
    write('one');
    write('two', 'three');
    expect(idsOf()).toEqual(['one', 'two', 'three']);
    expect(readJournal(path)).toMatchObject({ damaged: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readJournal(join(folder, 'none'))).toBeNull();
  });

  it('leaves out a line that a dying process did not finish, and goes on after it', () => {
    write('one', 'two');
    const whole = readFileSync(path);
    const begins = whole.indexOf(0x0a) + 1;
    for (let length = begins; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      expect(readJournal(path)).toMatchObject({ damaged: 0 });
      expect(idsOf()).toEqual(['one']);
      write('three');
      expect(idsOf()).toEqual(['one', 'three']);
      expect(readJournal(path)?.damaged).toBe(0);
    }
  });

  it('never reads a line as saying something else, whatever bits flip', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    write('one', 'two', 'three');
    const whole = readFileSync(path);
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.from(whole);
      bytes[random(bytes.length)]! ^= 1 << random(8);
      writeFileSync(path, bytes);
      const read = readJournal(path)!;
      const said = read.lines.map((line) => JSON.stringify(line));
      const before = ['one', 'two', 'three'].map((id) =>
        JSON.stringify({ kind: 'session', id, at: 5, epoch: 'a', cursor: 1 }),
      );
      expect(
        said.filter((line) => !before.includes(line)),
        `seed ${seed}`,
      ).toEqual([]);
    }
  });

  it('says which lines a backup does not know', () => {
    const line = (epoch: string, cursor: number) => ({
      ...session(`${epoch}${cursor}`),
      at: 1,
      epoch,
      cursor,
    });
    const lines = [line('a', 1), line('a', 5), line('a', 9), line('b', 6), line('c', 7)];
    const newer = (epoch: string, cursor: number, earlier: string[]) =>
      newerThan(lines, { epoch, cursor, earlier }).map(({ epoch: of, cursor: at }) => `${of}${at}`);
    expect(newer('a', 5, [])).toEqual(['a5', 'a9', 'b6', 'c7']);
    expect(newer('a', 10, [])).toEqual(['b6', 'c7']);
    expect(newer('b', 6, ['a'])).toEqual(['b6', 'c7']);
    expect(newer('c', 8, ['a', 'b'])).toEqual([]);
  });

  it('reaches back to a backup unless a line is damaged or it was missing meanwhile', () => {
    const journal = openJournal(path);
    const at = { epoch: 'a', cursor: 1 };
    journal.append([{ kind: 'backup', mark: 'first' }], at, 1);
    journal.append([session('one')], at, 2);
    expect(isCompleteSince(readJournal(path)!, 'first')).toBe(true);
    expect(isCompleteSince(readJournal(path)!, 'other')).toBe(false);
    journal.append([{ kind: 'gap' }], at, 3);
    journal.append([{ kind: 'backup', mark: 'second' }], at, 4);
    expect(isCompleteSince(readJournal(path)!, 'first')).toBe(false);
    expect(isCompleteSince(readJournal(path)!, 'second')).toBe(true);
    journal.close();
    appendFileSync(path, 'not a line\n');
    expect(isCompleteSince(readJournal(path)!, 'second')).toBe(false);
    truncateSync(path, 0);
    expect(isCompleteSince(readJournal(path)!, 'second')).toBe(false);
  });
});
