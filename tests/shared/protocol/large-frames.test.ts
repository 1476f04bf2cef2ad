import { expect, it } from 'vitest';
import type { Bytes } from '../../../shared/base/bytes.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { encodeRelayMessage } from '../../../shared/protocol/codec.ts';
import { encodeRelayMessageInSteps } from '../../../shared/protocol/large-frames.ts';
import type { RelayMessage } from '../../../shared/protocol/messages.ts';

const batch = (bytes: number): RelayMessage => ({
  type: 'batch',
  request: 7,
  rooms: [
    {
      room: 'w/scratch/pad' as RoomId,
      kind: 'text',
      cursor: 9,
      by: 'ada' as MemberId,
      at: 5,
      whole: true,
      updates: [Uint8Array.from({ length: bytes }, (_, i) => i % 251), Uint8Array.of(1)],
      rows: [],
    },
  ],
  missing: [],
  damaged: [],
});

it.each([0, 1024 * 1024 - 40, 1024 * 1024, 3_500_000])(
  '[F-1] a frame of about %d bytes is the same made in steps, a megabyte in each',
  (size) => {
    const steps = encodeRelayMessageInSteps(batch(size));
    let count = 0;
    let made: Bytes | undefined;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        made = step.value;
        break;
      }
      count++;
    }
    expect(Buffer.compare(made, encodeRelayMessage(batch(size)))).toBe(0);
    expect(count).toBeGreaterThan(size / (1024 * 1024));
  },
);
