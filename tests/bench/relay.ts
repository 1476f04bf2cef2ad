import * as Y from 'yjs';
import type { RoomId } from '../../shared/base/ids.ts';
import { RawDevice } from '../support/raw-device.ts';
import { startRelay, until, type RelayProcess } from '../support/relay-process.ts';
import { signIn, type SignedIn } from '../support/sign-in.ts';
import type { Figure } from './measure.ts';

/** Every bench gets its own relay on an empty folder, in a process of its own. */
export async function withRelay(
  work: (relay: RelayProcess, admin: SignedIn) => Promise<Figure[]>,
): Promise<Figure[]> {
  const relay = await startRelay({ env: { WEFT_LOG: 'warn' } });
  try {
    return await work(relay, await signIn(relay.address));
  } finally {
    await relay.stop();
  }
}

async function device(relay: RelayProcess, who: SignedIn): Promise<RawDevice> {
  const raw = new RawDevice();
  await raw.connect(relay.address, who.token);
  return raw;
}

/** A device that types one character per update into a scratch text. */
class Typist {
  readonly raw: RawDevice;
  readonly room: RoomId;
  readonly #doc = new Y.Doc();
  sent = 0;

  constructor(raw: RawDevice, room: RoomId, client: number) {
    this.raw = raw;
    this.room = room;
    this.#doc.clientID = client;
  }

  static async start(relay: RelayProcess, who: SignedIn, room: RoomId): Promise<Typist> {
    const raw = await device(relay, who);
    return new Typist(raw, room, (await raw.lease())[0]!);
  }

  get unanswered(): number {
    return this.sent - this.raw.acked.size;
  }

  type(): number {
    const text = this.#doc.getText('t');
    let bytes: Uint8Array | undefined;
    this.#doc.once('update', (update: Uint8Array) => (bytes = update));
    text.insert(text.length, 'x');
    const request = ++this.sent;
    this.raw.send({ type: 'update', request, room: this.room, bytes: bytes! });
    return request;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Keeps `window` updates of every typist on their way for `seconds`; updates acknowledged per second. */
async function saturate(typists: readonly Typist[], window: number, seconds: number): Promise<number> {
  const start = performance.now();
  while (performance.now() - start < seconds * 1_000) {
    for (const typist of typists) while (typist.unanswered < window) typist.type();
    await turn();
  }
  const acked = typists.reduce((sum, typist) => sum + typist.raw.acked.size, 0);
  const rate = acked / ((performance.now() - start) / 1_000);
  await until('all are answered', () => typists.every((typist) => typist.unanswered === 0), 30_000);
  return rate;
}

export const durableUpdates = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const rooms = Array.from({ length: 8 }, (_, i) => `${admin.workspace.id}/scratch/bench${i}` as RoomId);
    const typists = await Promise.all(rooms.map((room) => Typist.start(relay, admin, room)));
    const rate = await saturate(typists, 32, 4);
    return [
      {
        name: 'durable updates',
        value: rate,
        unit: '/s',
        how: '8 devices, 8 rooms, 32 unanswered each, fsync per group',
      },
    ];
  });
