import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const played: string[] = [];
const blobs: Blob[] = [];

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  played.length = 0;
  blobs.length = 0;
  vi.stubGlobal(
    'Audio',
    class {
      readonly #url: string;
      constructor(url: string) {
        this.#url = url;
      }
      play(): Promise<void> {
        played.push(this.#url);
        return Promise.reject(new Error('no sound here'));
      }
    },
  );
  vi.stubGlobal('navigator', { userActivation: { hasBeenActive: true } });
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => `blob:${blobs.push(blob as Blob)}`);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const load = () => import('../../../client/features/notifications/sound.ts');

it('is a WAV file that is heard and never too loud, made once', async () => {
  const { play } = await load();
  play('urgent');
  play('urgent');
  expect(played).toEqual(['blob:1', 'blob:1']);
  expect(blobs[0]!.type).toBe('audio/wav');
  const file = new DataView(await blobs[0]!.arrayBuffer());
  const word = (at: number): string => String.fromCharCode(...[0, 1, 2, 3].map((i) => file.getUint8(at + i)));
  expect([word(0), word(8), word(12), word(36)]).toEqual(['RIFF', 'WAVE', 'fmt ', 'data']);
  expect(file.getUint32(4, true)).toBe(file.byteLength - 8);
  expect(file.getUint32(40, true)).toBe(file.byteLength - 44);
  const heights = Array.from({ length: (file.byteLength - 44) / 2 }, (_, i) =>
    Math.abs(file.getInt16(44 + 2 * i, true)),
  );
  expect(Math.max(...heights)).toBeGreaterThan(2_000);
  expect(Math.max(...heights)).toBeLessThan(16_000);
  expect(heights.at(-1)).toBeLessThan(100);
});

it('is one for messages that follow each other, and always one for what is urgent', async () => {
  const { play } = await load();
  play('message');
  vi.advanceTimersByTime(900);
  play('message');
  expect(played).toHaveLength(1);
  play('urgent');
  expect(played).toHaveLength(2);
  vi.advanceTimersByTime(1_100);
  play('message');
  expect(played).toHaveLength(3);
});
