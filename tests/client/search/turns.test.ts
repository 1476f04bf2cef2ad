import { expect, test } from 'vitest';
import { Turns } from '../../../client/data/search/turns.ts';

test('others wait while somebody is first, also when that fails', async () => {
  const turns = new Turns();
  const order: string[] = [];
  await turns.others();
  const ends: (() => void)[] = [];
  const asked = [0, 1].map((n) =>
    turns.first(async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      order.push(`asked ${n}`);
      if (n === 1) throw new Error('no answer');
    }),
  );
  const others = turns.others().then(() => order.push('others'));
  ends[0]!();
  await asked[0];
  ends[1]!();
  await expect(asked[1]).rejects.toThrow('no answer');
  await others;
  expect(order).toEqual(['asked 0', 'asked 1', 'others']);
});
