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
/** Seconds in which messages that follow each other are one sound. */
const apart = 1;

let quietUntil = 0;
let context: AudioContext | null = null;

/** Silent where the browser has no sound, or nobody has touched the page yet: browsers then allow none. */
export function play(which: keyof typeof tones): void {
  if (!('AudioContext' in globalThis) || navigator.userActivation?.hasBeenActive === false) return;
  context ??= new AudioContext();
  const { currentTime: now, destination } = context;
  if (which === 'message' && now < quietUntil) return;
  quietUntil = now + apart;
  for (const [frequency, after] of tones[which]) {
    const tone = new OscillatorNode(context, { type: 'sine', frequency });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, now + after);
    volume.gain.linearRampToValueAtTime(loud, now + after + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, now + after + length);
    tone.connect(volume).connect(destination);
    tone.start(now + after);
    tone.stop(now + after + length);
  }
}
