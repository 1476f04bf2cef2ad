import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Call, Reply } from './thread.ts';
import { createWorkshop } from './workshop.ts';

// On Linux a thread has a priority of its own; elsewhere this would be the whole relay's.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_LOW);

const workshop = createWorkshop();

parentPort!.on('message', ({ name, parameters }: Call) => {
  let reply: Reply;
  try {
    reply = { ok: true, value: (workshop[name] as (...all: unknown[]) => unknown)(...parameters) };
  } catch (error) {
    const { name: kind, message } = error as Error;
    reply = { ok: false, kind, message };
  }
  parentPort!.postMessage(reply, buffersIn(reply));
});

/** Large results go over without a copy. */
function buffersIn(reply: Reply): ArrayBuffer[] {
  if (!reply.ok || typeof reply.value !== 'object' || reply.value === null) return [];
  const held: unknown = reply.value instanceof Uint8Array ? reply.value : Reflect.get(reply.value, 'bytes');
  return held instanceof Uint8Array && held.byteLength === held.buffer.byteLength
    ? [held.buffer as ArrayBuffer]
    : [];
}
