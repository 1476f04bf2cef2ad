/**
 * First import of everything that a simulated schedule runs: chance and time of the whole process come from the
 * schedule, so that the same seed does the same again.
 */
import { webcrypto } from 'node:crypto';
import { randomOf } from '../../support/world-time.ts';

let random = randomOf(0);
let now = 0;

export function seedEverything(seed: number): void {
  // Another stream than the schedule's own: how many ids were drawn must not decide what happens next.
  random = randomOf(seed ^ 0x5eed);
}

/** What `Date.now` says from here on. */
export function setNow(milliseconds: number): void {
  now = milliseconds;
}

function fill<T extends ArrayBufferView>(array: T): T {
  if (array instanceof Uint32Array) {
    for (let i = 0; i < array.length; i++) array[i] = random() * 2 ** 32;
    return array;
  }
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256;
  return array;
}

Object.defineProperty(webcrypto, 'getRandomValues', { value: fill, configurable: true });
Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: fill, configurable: true });
Math.random = () => random();
Date.now = () => now;
performance.now = () => now;
// Awareness asks the real time every few seconds whether others are gone; a schedule is over long before.
// Thousands of expected failures a second: nobody reads where they were thrown.
Error.stackTraceLimit = 1;
globalThis.setInterval = (() => 0) as unknown as typeof setInterval;
