import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemberFaces, type FacesDeps } from '../../../client/data/reactive/faces.svelte.ts';
import { failure } from '../../../shared/base/errors.ts';
import { err, ok } from '../../../shared/base/result.ts';

const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
let frames: (() => void)[];
let fetched: string[];
let isOffline: boolean;
let faces: MemberFaces;

beforeEach(() => {
  vi.useFakeTimers();
  [frames, fetched, isOffline] = [[], [], false];
  const members = { ann: { photo: one }, ben: { photo: two }, cem: { photo: null }, dia: {} };
  faces = new MemberFaces({
    data: {
      workspace: 'w',
      directory: { name: '', members },
      files: {
        fetch(_room: string, hash: string) {
          fetched.push(hash);
          return Promise.resolve(isOffline ? err(failure('offline', '')) : ok(new Blob([hash])));
        },
      },
    } as unknown as FacesDeps['data'],
    afterFrame: (then) => frames.push(then),
  });
});
afterEach(() => {
  faces.close();
  vi.useRealTimers();
});

/** What a page shows that draws these people. */
function shown(...people: string[]): () => (string | undefined)[] {
  let now: (string | undefined)[] = [];
  $effect.root(() => {
    $effect(() => {
      now = people.map((id) => faces.of(id));
    });
  });
  flushSync();
  return () => {
    flushSync();
    return now;
  };
}
const drawn = async (): Promise<void> => {
  for (const then of frames.splice(0)) then();
  await vi.advanceTimersByTimeAsync(0);
};

test('nothing is read before the page has drawn; then whoever is on it gets a face, fetched once', async () => {
  const list = shown('ann', 'ben', 'cem', 'dia', 'nobody');
  expect([list(), fetched]).toEqual([Array(5).fill(undefined), []]);
  const other = shown('ann');
  await drawn();
  expect(list()).toEqual([
    expect.stringMatching(/^blob:/),
    expect.stringMatching(/^blob:/),
    ...Array<undefined>(3),
  ]);
  expect(other()).toEqual([list()[0]]);
  expect(fetched).toEqual([one, two]);
});

test('one that cannot be had is asked for again, ever more rarely, and shown when it comes', async () => {
  isOffline = true;
  const list = shown('ann');
  await drawn();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(list()).toEqual([undefined]);
  expect(fetched.length).toBeGreaterThan(1);
  expect(fetched.length).toBeLessThan(6);
  isOffline = false;
  await vi.advanceTimersByTimeAsync(300_000);
  expect(list()).toEqual([expect.stringMatching(/^blob:/)]);
});
