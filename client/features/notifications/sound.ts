/* Two soft tones for a message, four for something urgent: made here, so that there is no file to load. */

/** Hertz, and when each begins, in seconds. */
const tones = {
  message: [
    [660, 0],
    [880, 0.12],
  ],
  urgent: [
    [880, 0],
    [660, 0.14],
    [880, 0.28],
    [660, 0.42],
  ],
} as const;

const loud = 0.12;
const length = 0.22;
/** Of each tone, in seconds: until it is loud, and how much of it is left at its end. */
const rise = 0.02;
const fades = 0.001 / loud;
/** Samples in a second. */
const rate = 16_000;
/** Milliseconds in which messages that follow each other are one sound. */
const apart = 1_000;

let quietUntil = 0;
const made = new Map<keyof typeof tones, string>();

/** A WAV file, one channel of 16 bits: a player takes it in its own thread, where making sounds in the page holds it up. */
function recorded(which: keyof typeof tones): Blob {
  const count = Math.ceil(rate * Math.max(...tones[which].map(([, after]) => after + length)));
  const file = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at: number, word: string): void =>
    [...word].forEach((letter, i) => file.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  file.setUint32(4, 36 + 2 * count, true);
  text(8, 'WAVEfmt ');
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, rate, true);
  file.setUint32(28, 2 * rate, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, 'data');
  file.setUint32(40, 2 * count, true);
  for (let i = 0; i < count; i++) {
    let height = 0;
    for (const [frequency, after] of tones[which]) {
      const at = i / rate - after;
      if (at < 0 || at >= length) continue;
      const volume = at < rise ? at / rise : fades ** ((at - rise) / (length - rise));
      height += loud * volume * Math.sin(2 * Math.PI * frequency * at);
    }
    file.setInt16(44 + 2 * i, Math.round(32_767 * Math.max(-1, Math.min(1, height))), true);
  }
  return new Blob([file], { type: 'audio/wav' });
}

/** Silent where the browser has no sound, or nobody has touched the page yet: browsers then allow none. */
export function play(which: keyof typeof tones): void {
  if (!('Audio' in globalThis) || navigator.userActivation?.hasBeenActive === false) return;
  const now = performance.now();
  if (which === 'message' && now < quietUntil) return;
  quietUntil = now + apart;
  const url = made.get(which) ?? URL.createObjectURL(recorded(which));
  made.set(which, url);
  new Audio(url).play().catch(() => undefined);
}
