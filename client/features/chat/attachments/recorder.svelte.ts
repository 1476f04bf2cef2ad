/* A voice note while it is being recorded. */

/** Longest recording. Milliseconds. */
const longest = 10 * 60_000;
/** Shorter ones are slips of the finger. Milliseconds. */
const shortest = 700;
const looksEvery = 50;
/** Bars of a finished recording. */
const mostBars = 48;
/** Bars of the last moments, while it runs. */
const liveBars = 32;

export interface Recording {
  readonly blob: Blob;
  /** Milliseconds. */
  readonly duration: number;
  /** How loud it is in equal parts, 0 to 31. */
  readonly wave: number[];
}

const types = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];

/** Whether this browser can record at all; pages that were not loaded over https cannot. */
export const canRecord = (): boolean =>
  typeof MediaRecorder !== 'undefined' && navigator.mediaDevices?.getUserMedia !== undefined;

/** `levels` made into at most `most` bars, the loudest of each part. */
export function barsOf(levels: readonly number[], most = mostBars): number[] {
  const count = Math.min(most, Math.max(1, levels.length));
  return Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * levels.length) / count));
    return Math.max(0, ...levels.slice(from, to));
  });
}

export class Recorder {
  #state = $state<'off' | 'asking' | 'on'>('off');
  #elapsed = $state(0);
  #live = $state.raw<readonly number[]>([]);
  #levels: number[] = [];
  #chunks: Blob[] = [];
  #recorder: MediaRecorder | null = null;
  #end: () => void = () => undefined;
  readonly #onFull: () => void;

  /** `onFull`: it has got as long as it may be, and has to be finished. */
  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  get state(): 'off' | 'asking' | 'on' {
    return this.#state;
  }

  /** Milliseconds. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** The last moments, 0 to 31, newest last. */
  get live(): readonly number[] {
    return this.#live;
  }

  /** False when there is no microphone, or the person did not allow it. */
  async start(): Promise<boolean> {
    if (this.#state !== 'off') return true;
    this.#state = 'asking';
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.#state = 'off';
      return false;
    }
    const stop = (): void => {
      for (const track of stream.getTracks()) track.stop();
    };
    // It was given up while the browser asked.
    if ((this.#state as string) !== 'asking') {
      stop();
      return true;
    }
    const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, mimeType ? { mimeType, audioBitsPerSecond: 32_000 } : {});
    this.#chunks = [];
    this.#levels = [];
    recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
    recorder.start(1_000);
    this.#recorder = recorder;
    const stopListening = this.#listen(stream);
    this.#end = () => {
      stopListening();
      stop();
    };
    this.#elapsed = 0;
    this.#live = [];
    this.#state = 'on';
    return true;
  }

  #listen(stream: MediaStream): () => void {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const began = performance.now();
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const loudness = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
      // Speech lies far below the loudest a microphone can tell.
      const level = Math.min(31, Math.round(Math.sqrt(loudness) * 62));
      this.#levels.push(level);
      this.#live = this.#levels.slice(-liveBars);
      this.#elapsed = performance.now() - began;
      if (this.#elapsed >= longest) this.#onFull();
    }, looksEvery);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }

  /** Null when it was too short to be meant. */
  async finish(): Promise<Recording | null> {
    const recorder = this.#recorder;
    if (this.#state !== 'on' || !recorder) {
      this.cancel();
      return null;
    }
    const duration = Math.round(this.#elapsed);
    const stopped = new Promise<void>((resolve) => (recorder.onstop = () => resolve()));
    recorder.stop();
    await stopped;
    const [chunks, levels] = [this.#chunks, this.#levels];
    this.cancel();
    if (duration < shortest) return null;
    return { blob: new Blob(chunks, { type: recorder.mimeType }), duration, wave: barsOf(levels) };
  }

  cancel(): void {
    this.#end();
    this.#end = () => undefined;
    if (this.#recorder && this.#recorder.state !== 'inactive') this.#recorder.stop();
    this.#recorder = null;
    this.#state = 'off';
  }
}
